"""What `make deploy` and `make worker` set up, on a real server with real workers."""

import shutil
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelling

from flows.experiment import experiment
from flows.failures import PartlyFailedError
from flows.parameters import Place
from flows.prune import prune_all
from storage.layout import RunLayout
from storage.lock import holding
from tests.deployments.operating import (
    ENDLESS,
    TRAINING,
    artifact_of,
    explanations_of,
    prefect,
    processes_of,
    runs_of,
    scheduled_again_and_again,
    start,
    state_of,
    task_runs_of,
    train,
    wait_for_end,
    workers_of,
    working,
)
from tests.flows.test_experiment import FILE
from tests.processes import kill
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server", "deployed")]

TRAIN = "train-clusters/train"
BACKFILL = "backfill-explanations/backfill"


def scheduled():
    """Return the trainings that a schedule made."""
    return [run for run in runs_of(TRAIN) if run.auto_scheduled]


def completed():
    """Return those that have completed, in the order in which they began."""
    # On SQLite a busy server may refuse a worker for minutes, which gives the run up then (Crashed).
    return sorted(
        (run for run in scheduled() if run.state_name == "Completed"), key=lambda run: run.start_time
    )


def at_work(state):
    # A busy server knows some runs for a moment before it knows their state.
    return state is None or not (state.is_scheduled() or state.is_final())


def counts(run):
    """Tell whether a run has completed, or may yet."""
    return run.state_name == "Completed" or at_work(run.state)


def task_states(run):
    return {one.name: one.state_name for one in task_runs_of(run)}


# No worker is there yet: whatever the clock says, nobody runs what this schedule makes.
def test_switching_the_nightly_schedule_on_makes_the_next_runs():
    with get_client(sync_client=True) as client:
        training = client.read_deployment_by_name(TRAIN)
        (nightly,) = training.schedules
        assert (nightly.slug, nightly.active) == ("nightly", False)
        assert scheduled() == []
        client.update_deployment_schedule(training.id, nightly.id, active=True)
        made = wait_until(scheduled, "a scheduled run")
        assert {run.state_name for run in made} == {"Scheduled"}
        there = ZoneInfo(nightly.schedule.timezone)
        assert {run.expected_start_time.astimezone(there).hour for run in made} == {2}

        def switched_off():
            # A scheduler that is at work just then adds what it has made; the next look removes that, too.
            client.update_deployment_schedule(training.id, nightly.id, active=False)
            return not scheduled()

        # The server removes what it made.
        wait_until(switched_off, "no scheduled run")


@pytest.fixture(scope="module")
def chain(server_address, deployed, worker):  # noqa: ARG001
    """Two trainings of one name that a schedule began, and the explanations that followed."""
    told = {"training": TRAINING, "duration": {"epochs": 1}, "place": {"name": "chain"}}
    with temporary_settings({PREFECT_API_URL: server_address}):
        # A further one would be a training for nothing; one that crashes makes room for another.
        while len(completed()) < 2:
            with scheduled_again_and_again(TRAIN, told):
                wait_until(lambda: sum(counts(run) for run in scheduled()) > 1, "a second run that has begun")
            wait_until(lambda: not any(at_work(run.state) for run in scheduled()), "the end of it")
        explanations = wait_until(lambda: explanations_of("chain"), "an explanation")
        assert wait_for_end(explanations[0]).name == "Completed"
        return completed(), explanations


def test_a_schedule_fires_by_itself_and_the_second_run_finds_all_done(chain):
    first, second, *_ = chain[0]
    trained = "train to epoch 1 of 1"
    wait_until(lambda: task_states(first).get(trained) == "Completed", "the training")
    wait_until(lambda: task_states(second).get(trained) == "Skipped", "the second training")
    announced = "announce the checkpoint of epoch 1"
    wait_until(lambda: task_states(first).get(announced) == "Completed", "the announcement")
    assert announced not in task_states(second)


def test_a_checkpoint_of_the_training_deployment_is_explained_once_by_itself(chain, place):
    (training, *_), (explanation,) = chain
    assert explanation.parameters == {"run_folder": str(place / "runs" / "chain"), "epoch": 1}
    with get_client(sync_client=True) as client:
        names = [client.read_flow_run(run.id).name for run in (training, explanation)]
    assert names == ["train chain", "explain chain"]
    assert (place / "runs" / "chain" / "latest" / "manifest.json").exists()
    assert len(explanations_of("chain")) == 1


@pytest.fixture(scope="module")
def no_trigger(server_address, chain):  # noqa: ARG001
    """From now on as if every event were lost: the automation that explains new checkpoints is away."""
    with temporary_settings({PREFECT_API_URL: server_address}), get_client(sync_client=True) as client:
        for one in client.request("POST", "/automations/filter", json={}).json():
            if one["name"] == "explain each new checkpoint":
                client.request("DELETE", "/automations/{id}", path_params={"id": one["id"]})


@pytest.mark.usefixtures("chain")
def test_two_workers_end_with_one_manifest_and_a_part_that_is_retried_does_only_what_is_missing(
    environment, place, worker
):
    run = place / "runs" / "chain"
    explanation = (run / "latest").resolve()
    manifest = (explanation / "manifest.json").read_bytes()
    shutil.rmtree(explanation)
    (explanation / "maps").mkdir(parents=True)
    (explanation / "maps" / "1").write_text("in the way")
    with working(environment, place / "another.log") as another:
        # Both wait for the run until both have begun, or the first worker could do one after the other.
        with holding(RunLayout(run).lock):
            parts = [
                start("explain-clusters/explain-part", run_folder=str(run), work={"clusters": clusters})
                for clusters in ([0, 2], [1])
            ]
            workers = [wait_until(lambda part=part: workers_of(part), "a part at work") for part in parts]
        assert sorted(process for (process,) in workers) == sorted([worker.pid, another.pid])
        assert [wait_for_end(part).name for part in parts] == ["Completed", "Failed"]
        if workers[1] == [another.pid]:
            await_free(parts[1], place / "another.log", another)
    if workers[1] == [worker.pid]:
        await_free(parts[1], place / "worker.log", worker)
    (explanation / "maps" / "1").unlink()
    made = {
        path: path.stat().st_mtime_ns
        for cluster in ("0", "2")
        for folder in ("maps", "results/1")
        for path in (explanation / folder / cluster).rglob("*.*")
    }
    assert {path.suffix for path in made} >= {".parquet", ".jpg"}
    prefect("flow-run", "retry", str(parts[1].id), environment=environment)
    wait_until(lambda: state_of(parts[1]).name == "Completed", "the end of the retried part", of=worker)
    assert (explanation / "maps" / "1" / "0" / "maps.parquet").exists()
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert (explanation / "manifest.json").read_bytes() == manifest


def await_free(run, log_file, worker):
    """Wait until a worker with a limit of its own has noticed the end of a run, or Prefect 3.8 stops it."""
    free = f"Limit slot released for flow run '{run.id}'"
    wait_until(lambda: free in log_file.read_text(), "a free worker", of=worker)


def retry(run, environment, place, worker):
    """Retry a run as an operator does."""
    await_free(run, place / "worker.log", worker)
    prefect("flow-run", "retry", str(run.id), environment=environment)


@pytest.fixture(scope="module")
def checkpoints(place):
    """The folder of the checkpoints of a run that is stopped again and again."""
    return place / "runs" / "stopped" / "training" / "checkpoints"


def last_of(checkpoints):
    return max((int(path.stem) for path in checkpoints.glob("[0-9]*.json")), default=0)


@pytest.fixture(scope="module")
def killed(server_address, environment, place, worker, no_trigger, checkpoints):  # noqa: ARG001
    """A training that was killed in a task and is retried; what it left, and its last checkpoint."""
    with temporary_settings({PREFECT_API_URL: server_address}):
        run, left, last = train(environment, "stopped", ENDLESS), [], 0
        while not left:  # a kill between two tasks leaves none
            at_work = partial(lambda before: last_of(checkpoints) > before and unended(run), last)
            wait_until(at_work, "a task at work", of=worker)
            kill(processes_of(run))
            assert wait_for_end(run).name == "Crashed"
            left, last = unended(run), last_of(checkpoints)
            retry(run, environment, place, worker)
    return run, left, last


def unended(run):
    """Return the ids of the task runs that the server knows of a run, and of no end of them."""
    return [one.id for one in task_runs_of(run) if one.state is None or not one.state.is_final()]


def test_the_retry_of_a_killed_run_goes_on_and_closes_what_it_left(killed, worker, checkpoints):
    run, left, last = killed
    wait_until(lambda: last_of(checkpoints) > last, "a further checkpoint", of=worker)
    assert 0 < last < ENDLESS

    def states():
        return {one.state_name for one in task_runs_of(run) if one.id in left}

    wait_until(lambda: states() == {"Crashed"}, "the end of what the dead attempt left")


def test_a_cancelled_run_is_gone_and_the_next_one_goes_on(killed, environment, place, worker, checkpoints):
    run, _, last = killed
    wait_until(lambda: last_of(checkpoints) > last, "the retried run at work", of=worker)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, Cancelling())
    wait_until(lambda: state_of(run).name == "Cancelled", "the cancelled run", of=worker)
    wait_until(lambda: not processes_of(run), "the end of its processes", of=worker)
    assert "Runner failed" not in (place / "worker.log").read_text()
    last = last_of(checkpoints)
    assert last < ENDLESS
    assert wait_for_end(train(environment, "stopped", last + 1)).name == "Completed"
    assert last_of(checkpoints) == last + 1
    assert not [
        path for path in checkpoints.parent.rglob("*") if path.name.startswith((".tmp", ".unfinished"))
    ]


@pytest.mark.usefixtures("no_trigger")
def test_a_checkpoint_whose_event_was_lost_is_explained_by_the_backfill(environment, place, checkpoints):
    if not last_of(checkpoints):  # where this test runs alone
        assert wait_for_end(train(environment, "stopped", 1)).name == "Completed"
    assert explanations_of("stopped") == []
    run = start(BACKFILL)
    assert wait_for_end(run).name == "Completed"
    assert artifact_of(run, "progress").description == (
        "looked at 2 finished checkpoints: 1 had their explanation, 1 explained now, "
        "0 left to others, 0 failed"
    )
    with get_client(sync_client=True) as client:
        (explanation,) = [one for one in client.read_flow_runs() if one.name == "explain stopped"]
    assert explanation.state_name == "Completed"
    assert (place / "runs" / "stopped" / "latest" / "manifest.json").exists()


@pytest.mark.usefixtures("worker", "no_trigger")
def test_settings_of_an_experiment_are_done_by_workers(coins, place):
    file = place / "try.toml"
    file.write_text(FILE.format(images=coins))
    with pytest.raises(PartlyFailedError, match="try-impossible-seed31") as caught:
        experiment(file, Place(runs=str(place / "runs")), "study/study-part")
    assert "1 of 2 settings" in caught.value.done
    (run,) = runs_of("study/study-part")
    assert run.state_name == "Completed"
    assert run.parent_task_run_id is not None
    assert (place / "runs" / "try-three-seed31" / "latest" / "report.html").exists()


def test_the_prune_deployment_has_an_age_that_the_flow_takes(place):
    with get_client(sync_client=True) as client:
        deployed = client.read_deployment_by_name("prune/prune").parameters
    retention = prune_all.validate_parameters(deployed)["retention"]
    assert (retention.runs, retention.keep_last, retention.older_than) == (
        str(place / "runs"),
        3,
        timedelta(days=30),
    )


@pytest.mark.parametrize(
    ("name", "slug", "cron"),
    [("prune/prune", "weekly", "0 4 * * 0"), (BACKFILL, "hourly", "0 * * * *")],
)
def test_the_other_schedules_wait_to_be_switched_on(name, slug, cron):
    with get_client(sync_client=True) as client:
        (one,) = client.read_deployment_by_name(name).schedules
    assert (one.slug, one.active, one.schedule.cron) == (slug, False, cron)


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
    for deployment in (TRAIN, "study/study"):
        with pytest.raises(PrefectHTTPStatusError) as caught:
            start(deployment, **parameters)
        assert reason in caught.value.response.text


def test_closing_the_deployments_leaves_all_else_as_it_was():
    with get_client(sync_client=True) as client:
        train = client.read_deployment_by_name(TRAIN)
        assert train.parameters["place"]
        assert [str(one.schedule.cron) for one in train.schedules] == ["0 2 * * *"]
        assert train.global_concurrency_limit.limit == 1
        assert train.work_pool_name == "coin-xai"


def test_no_two_deployments_have_one_name():
    with get_client(sync_client=True) as client:
        names = [one.name for one in client.read_deployments() if "coin-xai" in one.tags]
    assert sorted(names) == sorted(set(names))
    assert {"train", "explain", "explain-part", "study", "study-part", "claims"} <= set(names)
