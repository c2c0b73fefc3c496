import pytest
from prefect import flow
from prefect.client.orchestration import get_client

from coin_xai.errors import OptionError
from flows import on_pool
from flows.on_pool import run_on_pool


def nothing():
    pass


@flow
def asking(deployment, asked):
    return run_on_pool(deployment, asked, ended=nothing)


@flow
def waiting(number: int):
    return number


def test_without_a_server_it_is_refused():
    with pytest.raises(OptionError, match="--deployment study/study-part needs a Prefect server"):
        run_on_pool("study/study-part", {"one": {}}, ended=nothing)


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_a_deployment_that_the_server_does_not_know_is_named():
    with pytest.raises(OptionError, match=r"knows no deployment study/nowhere .* study/study-part"):
        asking("study/nowhere", {"one": {}})


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_whoever_stops_waiting_leaves_no_run_behind(monkeypatch):
    deployment = waiting.to_deployment("without-a-worker").apply()

    def stop(_seconds):
        raise RuntimeError("stopped")

    monkeypatch.setattr(on_pool.time, "sleep", stop)
    with pytest.raises(RuntimeError, match="stopped"):
        asking("waiting/without-a-worker", {"one": {"number": 1}, "two": {"number": 2}})
    with get_client(sync_client=True) as client:
        found = [run for run in client.read_flow_runs() if run.deployment_id == deployment]
    assert sorted(run.parameters["number"] for run in found) == [1, 2]
    assert {run.state_name for run in found} <= {"Cancelling", "Cancelled"}
