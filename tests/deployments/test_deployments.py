"""What `make deploy` and `make worker` set up, on a real server with a real worker."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import Cancelling

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server", "deployed"), pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
TRAINING = {"k": 3, "width": 0.0625, "batch_size": 8}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def environment(server_address, coins, place):
    return {
        **os.environ,
        "PREFECT_API_URL": server_address,
        "PREFECT_HOME": str(place / "home"),
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "COIN_XAI_IMAGES": str(coins),
        "COIN_XAI_RUNS": str(place / "runs"),
        "OMP_NUM_THREADS": "1",
    }


def prefect(*arguments, environment):
    command = [sys.executable, "-m", "prefect", "--no-prompt", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def deployed(environment):
    """Tell the server of the deployments of prefect.yaml."""
    prefect("work-pool", "create", "coin-xai", "--type", "process", "--overwrite", environment=environment)
    prefect("deploy", "--all", "--prefect-file", "deployments/prefect.yaml", environment=environment)


@contextmanager
def working(environment, place):
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "coin-xai", "--type", "process"]
    with (place / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


def start(deployment, **parameters):
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(deployment)
        return client.create_flow_run_from_deployment(found.id, parameters=parameters)


def state_of(run):
    with get_client(sync_client=True) as client:
        return client.read_flow_run(run.id).state


def wait_for_end(run, *, seconds=120):
    deadline = time.monotonic() + seconds
    while not (state := state_of(run)).is_final():
        assert time.monotonic() < deadline, state
        time.sleep(0.2)
    return state


def runs_of(deployment):
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(deployment)
        return [run for run in client.read_flow_runs() if run.deployment_id == found.id]


def processes_of(run):
    """Return the ids of the processes that work on a flow run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"PREFECT__FLOW_RUN_ID={run.id}".encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue  # it has ended, or is not ours
    return found


def wait_until(true, *, seconds):
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found


def train(environment, name, epochs):
    return start(
        "train-clusters/coin-xai",
        photographs={"images": environment["COIN_XAI_IMAGES"]},
        training=TRAINING,
        duration={"epochs": epochs, "checkpoint_every": 1},
        place={"runs": environment["COIN_XAI_RUNS"], "name": name},
    )


@pytest.fixture(scope="module")
def worker(environment, place):
    with working(environment, place) as process:
        yield process


@pytest.mark.usefixtures("worker")
def test_a_checkpoint_of_the_training_deployment_is_explained_once_by_itself(environment, place):
    run = train(environment, "chain", 1)
    assert wait_for_end(run).name == "Completed"
    (explanation,) = wait_until(lambda: runs_of("explain-clusters/coin-xai"), seconds=60)
    assert explanation.parameters == {"run_folder": str(place / "runs" / "chain"), "epoch": 1}
    assert wait_for_end(explanation).name == "Completed"
    assert (place / "runs" / "chain" / "latest" / "manifest.json").exists()
    assert len(runs_of("explain-clusters/coin-xai")) == 1


@pytest.mark.usefixtures("worker")
def test_a_failed_run_that_is_retried_does_only_what_is_missing(environment, place):
    assert wait_for_end(train(environment, "retry", 1)).name == "Completed"
    wait_until(lambda: (place / "runs" / "retry" / "latest" / "manifest.json").exists(), seconds=90)
    explanation = (place / "runs" / "retry" / "latest").resolve()
    (explanation / "maps" / "1").rename(explanation / "kept")
    (explanation / "maps" / "1").write_text("in the way")
    run = start("explain-clusters/coin-xai", run_folder=str(place / "runs" / "retry"))
    assert wait_for_end(run).name == "Failed"
    (explanation / "maps" / "1").unlink()
    others = {path: path.stat().st_mtime_ns for path in (explanation / "results" / "1" / "0").iterdir()}

    prefect("flow-run", "retry", str(run.id), environment=environment)
    wait_until(lambda: state_of(run).name == "Completed", seconds=60)
    assert (explanation / "maps" / "1" / "0" / "maps.parquet").exists()
    assert {path: path.stat().st_mtime_ns for path in others} == others


@pytest.mark.usefixtures("worker")
def test_a_cancelled_run_is_gone_within_ten_seconds_and_the_next_one_continues(environment, place):
    checkpoints = place / "runs" / "cancel" / "training" / "checkpoints"
    run = train(environment, "cancel", 10_000)
    wait_until(lambda: list(checkpoints.glob("*.json")), seconds=60)
    assert processes_of(run)
    with get_client(sync_client=True) as client:
        client.set_flow_run_state(run.id, Cancelling())
    wait_until(lambda: state_of(run).name == "Cancelled" and not processes_of(run), seconds=10)
    last = max(int(path.stem) for path in checkpoints.glob("*.json"))
    assert wait_for_end(train(environment, "cancel", last + 1)).name == "Completed"
    assert not [
        path for path in checkpoints.parent.rglob("*") if path.name.startswith((".tmp", ".unfinished"))
    ]


@pytest.mark.usefixtures("worker")
def test_a_killed_run_is_crashed_and_the_next_one_continues(environment, place):
    checkpoints = place / "runs" / "killed" / "training" / "checkpoints"
    run = train(environment, "killed", 10_000)
    wait_until(lambda: list(checkpoints.glob("*.json")), seconds=60)
    for process in processes_of(run):
        os.kill(process, signal.SIGKILL)
    assert wait_for_end(run, seconds=30).name == "Crashed"
    last = max(int(path.stem) for path in checkpoints.glob("*.json"))
    assert wait_for_end(train(environment, "killed", last + 1)).name == "Completed"


def test_the_server_refuses_parameters_out_of_bounds_before_a_run_exists():
    with pytest.raises(PrefectHTTPStatusError) as caught:
        start("train-clusters/coin-xai", photographs={"images": "coins"}, training={"k": 0})
    assert "0 is less than the minimum of 2" in caught.value.response.text


def test_automations_are_replaced_and_never_doubled(environment):
    command = [sys.executable, "deployments/automations.py"]
    for _ in range(2):
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout == "coin-xai: crash dead runs\n"
    with get_client(sync_client=True) as client:
        automations = client.request("POST", "/automations/filter", json={}).json()
    assert [one["name"] for one in automations].count("coin-xai: crash dead runs") == 1
