"""What `make deploy` and `make worker` set up, on a real server with real workers."""

import shutil

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelling

from storage.layout import RunLayout
from storage.lock import holding
from tests.deployments.operating import (
    explanations_of,
    prefect,
    processes_of,
    start,
    state_of,
    task_runs_of,
    train,
    wait_for_end,
    workers_of,
    working,
)
from tests.processes import kill
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server", "deployed")]


@pytest.fixture(scope="module")
def chain(server_address, environment, deployed, worker):  # noqa: ARG001
    """A run of the training deployment, and the explanations that followed it."""
    with temporary_settings({PREFECT_API_URL: server_address}):
        run = train(environment, "chain", 1)
        assert wait_for_end(run).name == "Completed"
        explanations = wait_until(lambda: explanations_of("chain"), "an explanation")
        assert wait_for_end(explanations[0]).name == "Completed"
    return run, explanations


def test_a_checkpoint_of_the_training_deployment_is_explained_once_by_itself(chain, place):
    training, (explanation,) = chain
    assert explanation.parameters == {"run_folder": str(place / "runs" / "chain"), "epoch": 1}
    with get_client(sync_client=True) as client:
        names = [client.read_flow_run(run.id).name for run in (training, explanation)]
    assert names == ["train chain", "explain chain"]
    assert (place / "runs" / "chain" / "latest" / "manifest.json").exists()
    assert len(explanations_of("chain")) == 1


@pytest.mark.usefixtures("chain")
def test_a_failed_run_that_is_retried_does_only_what_is_missing(environment, place, worker):
    explanation = (place / "runs" / "chain" / "latest").resolve()
    shutil.rmtree(explanation / "maps" / "1")
    (explanation / "maps" / "1").write_text("in the way")
    run = start("explain-clusters/explain", run_folder=str(place / "runs" / "chain"))
    assert wait_for_end(run).name == "Failed"
    (explanation / "maps" / "1").unlink()
    others = {path: path.stat().st_mtime_ns for path in (explanation / "results" / "1" / "0").iterdir()}
    # A worker with a limit of its own must have noticed, or Prefect 3.8 stops it.
    free = f"Limit slot released for flow run '{run.id}'"
    wait_until(lambda: free in (place / "worker.log").read_text(), "a free worker", of=worker)

    prefect("flow-run", "retry", str(run.id), environment=environment)
    wait_until(lambda: state_of(run).name == "Completed", "the end of the retried run", of=worker)
    assert (explanation / "maps" / "1" / "0" / "maps.parquet").exists()
    assert {path: path.stat().st_mtime_ns for path in others} == others


@pytest.mark.usefixtures("chain")
def test_two_workers_on_disjoint_clusters_of_a_run_end_with_one_manifest(environment, place, worker):
    run = place / "runs" / "chain"
    explanation = (run / "latest").resolve()
    manifest = (explanation / "manifest.json").read_bytes()
    shutil.rmtree(explanation)
    with working(environment, place / "another.log") as another:
        # Both wait for the run until both have begun, or the first worker could do one after the other.
        with holding(RunLayout(run).lock):
            parts = [
                start("explain-clusters/explain-part", run_folder=str(run), work={"clusters": clusters})
                for clusters in ([0, 2], [1])
            ]
            workers = [wait_until(lambda part=part: workers_of(part), "a part at work") for part in parts]
        assert sorted(process for (process,) in workers) == sorted([worker.pid, another.pid])
        assert [wait_for_end(part).name for part in parts] == ["Completed", "Completed"]
    assert (explanation / "manifest.json").read_bytes() == manifest


@pytest.mark.usefixtures("worker")
def test_a_cancelled_run_is_gone_and_the_next_one_continues(environment, place):
    checkpoints = place / "runs" / "cancel" / "training" / "checkpoints"
    run = train(environment, "cancel", 10_000)
    wait_until(lambda: list(checkpoints.glob("*.json")), "a checkpoint")
    assert processes_of(run)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, Cancelling())
    assert wait_for_end(run).name == "Cancelled"
    wait_until(lambda: not processes_of(run), "the end of its processes")
    assert "Runner failed" not in (place / "worker.log").read_text()
    last = max(int(path.stem) for path in checkpoints.glob("*.json"))
    assert last < 10_000
    assert wait_for_end(train(environment, "cancel", last + 1)).name == "Completed"
    assert not [
        path for path in checkpoints.parent.rglob("*") if path.name.startswith((".tmp", ".unfinished"))
    ]


@pytest.mark.usefixtures("worker")
def test_a_killed_run_is_crashed_and_its_retry_goes_on_and_closes_what_it_left(environment, place, worker):
    checkpoints = place / "runs" / "killed" / "training" / "checkpoints"
    run = train(environment, "killed", 40)
    wait_until(lambda: list(checkpoints.glob("*.json")), "a checkpoint", of=worker)
    kill(processes_of(run))
    assert wait_for_end(run).name == "Crashed"
    last = max(int(path.stem) for path in checkpoints.glob("*.json"))
    assert last < 40
    left = wait_until(
        lambda: [one.id for one in task_runs_of(run) if not one.state.is_final()], "a task left running"
    )
    free = f"Limit slot released for flow run '{run.id}'"
    wait_until(lambda: free in (place / "worker.log").read_text(), "a free worker", of=worker)

    prefect("flow-run", "retry", str(run.id), environment=environment)
    wait_until(lambda: state_of(run).name == "Completed", "the end of the retried run", of=worker)
    wait_until(lambda: all(one.state.is_final() for one in task_runs_of(run)), "the end of all its tasks")
    assert {one.state_name for one in task_runs_of(run) if one.id in left} == {"Crashed"}


@pytest.mark.usefixtures("chain")
def test_the_prune_deployment_is_switched_off_and_does_what_it_is_asked_for(place):
    with get_client(sync_client=True) as client:
        deployed = client.read_deployment_by_name("prune/prune")
    assert [(one.active, one.schedule.cron) for one in deployed.schedules] == [(False, "0 4 * * 0")]
    explanation = (place / "runs" / "chain" / "latest").resolve()
    run = start("prune/prune")  # as deployed, with an age as a text
    assert wait_for_end(run).name == "Completed"
    assert run.parameters["retention"]["runs"] == str(place / "runs")
    assert (explanation / "manifest.json").exists()


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"training": {"k": 0}}, "'training.k'. Failure reason: 0 is less than the minimum of 2"),
        ({"trainin": {"k": 3}}, "Additional properties are not allowed ('trainin' was unexpected)"),
        ({"photographs": {"images": ""}}, "'photographs.images'. Failure reason: '' should be non-empty"),
        (
            {"photographs": {"images": "demo/coins"}},
            "'photographs.images'. Failure reason: 'demo/coins' does",
        ),
    ],
    ids=["bounds", "misspelt", "empty", "relative"],
)
def test_the_server_refuses_what_means_nothing_by_name_before_a_run_exists(parameters, reason):
    for deployment in ("train-clusters/train", "study/study"):
        with pytest.raises(PrefectHTTPStatusError) as caught:
            start(deployment, **parameters)
        assert reason in caught.value.response.text


def test_closing_the_deployments_leaves_all_else_as_it_was():
    with get_client(sync_client=True) as client:
        train = client.read_deployment_by_name("train-clusters/train")
        assert train.parameters["place"]
        assert [str(one.schedule.cron) for one in train.schedules] == ["0 2 * * *"]
        assert train.global_concurrency_limit.limit == 1
        assert train.work_pool_name == "coin-xai"


def test_no_two_deployments_have_one_name():
    with get_client(sync_client=True) as client:
        names = [one.name for one in client.read_deployments() if "coin-xai" in one.tags]
    assert sorted(names) == sorted(set(names))
    assert {"train", "explain", "explain-part", "study"} <= set(names)
