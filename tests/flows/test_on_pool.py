from contextlib import nullcontext

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.flow_engine import run_flow

from coin_xai.errors import OptionError
from flows import on_pool
from flows.on_pool import require_deployment, run_on_pool


def nothing():
    pass


@flow
def asking(deployment, asked):
    require_deployment(deployment)
    return run_on_pool(deployment, asked, ended=nothing)


@flow
def looking(deployment):
    require_deployment(deployment)


@flow
def waiting(number: int):
    return number


def test_without_a_server_it_is_refused():
    with pytest.raises(OptionError, match="--deployment study/study-part needs a Prefect server"):
        require_deployment("study/study-part")


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_a_deployment_that_the_server_does_not_know_is_named():
    with pytest.raises(OptionError, match=r"knows no deployment study/nowhere .* study/study-part"):
        asking("study/nowhere", {"one": {}})


@pytest.mark.slow
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(("limit", "refused"), [(1, True), (2, False), (None, False)])
def test_a_pool_whose_only_place_is_taken_by_the_one_who_asks_is_refused(limit, refused):
    pool, asked = f"narrow-{limit}", {"deployment": "looking/beside"}
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=pool, type="process", concurrency_limit=limit))
        looking.to_deployment("beside", work_pool_name=pool).apply()
        own = client.read_deployment_by_name("looking/beside")
        run = client.create_flow_run_from_deployment(own.id, parameters=asked)
    with (
        pytest.raises(OptionError, match=f"{pool} lets one flow run work at a time")
        if refused
        else nullcontext()
    ):
        run_flow(looking, flow_run=run, parameters=asked)


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_a_run_that_somebody_deletes_is_a_failure_of_its_own(monkeypatch):
    deployment = waiting.to_deployment("deleted").apply()

    def delete(_seconds):
        with get_client(sync_client=True) as client:
            for run in client.read_flow_runs():
                if run.deployment_id == deployment:
                    client.delete_flow_run(run.id)

    monkeypatch.setattr(on_pool, "sleep", delete)
    told = asking("waiting/deleted", {"one": {"number": 1}})
    assert told == [("one", "Crashed: somebody has deleted it on the server")]


@pytest.mark.slow
@pytest.mark.usefixtures("server")
def test_whoever_stops_waiting_leaves_no_run_behind(monkeypatch):
    deployment = waiting.to_deployment("without-a-worker").apply()

    def stop(_seconds):
        raise RuntimeError("stopped")

    monkeypatch.setattr(on_pool, "sleep", stop)
    with pytest.raises(RuntimeError, match="stopped"):
        asking("waiting/without-a-worker", {"one": {"number": 1}, "two": {"number": 2}})
    with get_client(sync_client=True) as client:
        found = [run for run in client.read_flow_runs() if run.deployment_id == deployment]
    assert sorted(run.parameters["number"] for run in found) == [1, 2]
    assert {run.state_name for run in found} <= {"Cancelling", "Cancelled"}
