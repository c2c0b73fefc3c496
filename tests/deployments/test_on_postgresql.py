"""Server, deployments and worker on PostgreSQL, as the entry of the container starts them, outside of one."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings

from tests.conftest import CERTIFICATES, OF_THE_SERVER
from tests.deployments.operating import (
    TRAINING,
    explanations_of,
    runs_of,
    scheduled_again_and_again,
    wait_for_end,
)
from tests.processes import processes_with
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.slow

ENTRY = Path(__file__).parents[2] / "deployments" / "container" / "entry"
TRAIN = "train-clusters/train"
SECONDS_TO_END = 20
PASSWORD = "museum:a-password-of-the-tests"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("place")


@pytest.fixture(scope="module")
def environment(postgresql, coins, place):
    """What compose.yaml tells the three, with addresses on this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    for name, secret in (("server-password", PASSWORD), ("database-password", postgresql.password)):
        (place / name).write_text(f"{secret}\n")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {
        **inherited,
        **OF_THE_SERVER,
        CERTIFICATES: os.environ[CERTIFICATES],
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "COIN_XAI_PORT": port,
        "COIN_XAI_PASSWORD_FILE": str(place / "server-password"),
        "COIN_XAI_DATABASE_PASSWORD_FILE": str(place / "database-password"),
        "COIN_XAI_IMAGES": str(coins),
        "COIN_XAI_RUNS": str(place / "runs"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_HOME": str(place / "home"),
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_DATABASE_DRIVER": "postgresql+asyncpg",
        "PREFECT_SERVER_DATABASE_HOST": postgresql.host,
        "PREFECT_SERVER_DATABASE_PORT": postgresql.port,
        "PREFECT_SERVER_DATABASE_NAME": postgresql.name,
        "PREFECT_SERVER_DATABASE_USER": postgresql.user,
        "PREFECT_WORKER_QUERY_SECONDS": "0.5",
    }


@pytest.fixture(scope="module")
def processes(environment, place):
    """Server and worker. What tells the server of the flows begins before it, and waits for it."""
    begun = {}

    def begin(role):
        with (place / f"{role}.log").open("wb") as log:
            begun[role] = subprocess.Popen([ENTRY, role], cwd=place, env=environment, stdout=log, stderr=log)

    try:
        begin("deploy")
        begin("server")
        assert begun["deploy"].wait(timeout=PATIENCE_S) == 0, (place / "deploy.log").read_text()
        begin("worker")
        yield begun
    finally:
        for process in reversed(begun.values()):
            process.terminate()
            process.wait(timeout=PATIENCE_S)


@pytest.fixture(autouse=True)
def _asked(environment, processes):  # noqa: ARG001
    address = environment["PREFECT_API_URL"]
    with temporary_settings({PREFECT_API_URL: address, PREFECT_API_AUTH_STRING: PASSWORD}):
        yield


def test_the_server_was_told_of_the_pool_and_of_dead_runs():
    with get_client(sync_client=True) as client:
        pool = client.read_work_pool("coin-xai")
        automations = client.request("POST", "/automations/filter", json={}).json()
    assert (pool.type, pool.concurrency_limit) == ("process", 1)
    assert "coin-xai: crash dead runs" in [one["name"] for one in automations]


def test_a_schedule_fires_and_the_checkpoint_is_explained_by_itself(place):
    told = {"training": TRAINING, "duration": {"epochs": 1}, "place": {"name": "chain"}}
    with scheduled_again_and_again(TRAIN, told):
        run = wait_until(lambda: [one for one in runs_of(TRAIN) if one.start_time], "a scheduled run")[0]
    assert run.auto_scheduled
    assert wait_for_end(run).name == "Completed"
    explanation = wait_until(lambda: explanations_of("chain"), "an explanation")[0]
    assert wait_for_end(explanation).name == "Completed"
    assert explanation.parameters == {"run_folder": str(place / "runs" / "chain"), "epoch": 1}
    assert (place / "runs" / "chain" / "latest" / "manifest.json").exists()


def test_the_checkpoint_was_explained_once():
    assert len(explanations_of("chain")) == 1


def test_without_the_password_nothing_is_told(environment):
    with pytest.raises(urllib.error.HTTPError, match="401") as caught:
        urllib.request.urlopen(f"{environment['PREFECT_API_URL']}/admin/settings", timeout=60)
    caught.value.close()


def test_the_server_met_no_lock_and_no_error(place):
    log = (place / "server.log").read_text()
    for sign in ("locked", "ERROR", "CRITICAL", "Traceback"):
        assert sign not in log, log
    assert not (place / "home" / "prefect.db").exists()  # what it would use by itself


def test_secrets_stand_in_no_log(place, postgresql):
    for path in place.glob("*.log"):
        assert postgresql.password not in path.read_text()
        assert PASSWORD not in path.read_text()


def test_each_ends_when_it_is_told_to_and_nothing_is_left(processes, place):
    worker, server = processes["worker"], processes["server"]
    worker.send_signal(signal.SIGTERM)
    try:
        assert worker.wait(timeout=SECONDS_TO_END) == 0
    except subprocess.TimeoutExpired:  # Prefect 3.8's worker does not always heed the first signal
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=PATIENCE_S)
    server.send_signal(signal.SIGTERM)
    # It has shut down, and then passes the signal on to itself.
    assert server.wait(timeout=PATIENCE_S) == -signal.SIGTERM
    home = str(place / "home")
    wait_until(lambda: not processes_with("PREFECT_HOME", home), "the end of all that they started")
