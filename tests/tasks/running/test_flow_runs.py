"""What surrounds a flow run, on a real Prefect server."""

import threading

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext
from prefect.states import Crashed

from tasks.running import flow_runs
from tasks.running.flow_runs import accompanied, rename
from tasks.running.reports import Reporter
from tests.waiting import PATIENCE_S, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server")]


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(flow_runs, "SECONDS_BETWEEN_SIGNS", 0.05)


def own():
    return FlowRunContext.get().flow_run.id


def believe_dead(flow_run):
    """Do what the automation does where heartbeats are missing."""
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(flow_run, Crashed(message="no heartbeat"), force=True)


def state_of(flow_run):
    with get_client(sync_client=True) as client:
        return client.read_flow_run(flow_run).state


@flow(name="lives")
@accompanied
def lives():
    believe_dead(own())
    wait_until(lambda: state_of(own()).is_running(), "that the server knows better")


def test_a_run_that_is_believed_dead_says_that_it_lives():
    state = lives(return_state=True)
    assert state.is_completed()
    assert state_of(state.state_details.flow_run_id).name == "Completed"


@flow(name="ends")
@accompanied
def ends(believed_dead):
    rename(f"ends {believed_dead}")
    if believed_dead:
        believe_dead(own())
    return "done"


@pytest.mark.parametrize("believed_dead", [True, False])
def test_a_run_ends_as_it_has_ended_under_its_name(believed_dead, monkeypatch):
    monkeypatch.setattr(flow_runs, "SECONDS_BETWEEN_SIGNS", 3600.0)
    state = ends(believed_dead, return_state=True)
    assert state.result() == "done"
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
    assert (run.state_name, run.name) == ("Completed", f"ends {believed_dead}")


def test_what_is_sent_after_the_end_of_a_run_arrives():
    ended, told, reporter = threading.Event(), [], Reporter()

    @flow(name="tells")
    def tells():
        run = own()

        def send():
            assert ended.wait(PATIENCE_S)
            told.append(state_of(run).name)

        reporter.report("late", send)

    tells()
    ended.set()
    assert reporter.settle(patience_s=PATIENCE_S)
    assert told == ["Completed"]


def test_outside_of_a_flow_run_nothing_is_done():
    assert ends.fn(False) == "done"
