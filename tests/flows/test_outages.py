"""A Prefect server that goes away stops no work, and hears how it ended once it is back."""

import os
import sys
from contextlib import ExitStack

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from storage.manifest import verify
from tests.conftest import SMALL, prefect_server, reserved_port
from tests.processes import started
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.slow

# A function of the product waits, while the server goes, until a file is there.
PROGRAM = """
import importlib, sys, time
from pathlib import Path
from flows.cli import program
{patch}
module = importlib.import_module({module!r})
function = getattr(module, {name!r})

def gated(*arguments, **keywords):
    while not Path({gate!r}).exists():
        time.sleep(0.05)
    return function(*arguments, **keywords)

setattr(module, {name!r}, gated)
sys.argv[1:] = {arguments}
program()
"""


@pytest.fixture
def port():
    with reserved_port() as port:
        yield port


@pytest.fixture
def command(port, tmp_path):
    """Start the command line in a process of its own, on the server that listens on the port."""
    running = ExitStack()

    def start(*arguments, gated, patch="", **settings):
        module, _, name = gated.rpartition(".")
        gate, given = str(tmp_path / "gate"), [str(one) for one in arguments]
        program = PROGRAM.format(patch=patch, module=module, name=name, gate=gate, arguments=given)
        environment = {
            **os.environ,
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_HOME": str(tmp_path / "home"),
            **settings,
        }
        log = running.enter_context((tmp_path / "program.log").open("wb"))
        command = [sys.executable, "-c", program]
        return running.enter_context(started(command, env=environment, stdout=log, stderr=log))

    with running:
        yield start


def ended(process, log):
    assert process.wait(timeout=PATIENCE_S) == 0, log.read_text()


def told(address):
    """Return what the server knows at the end: the states of flow runs, and how far their artifacts are."""
    with temporary_settings({PREFECT_API_URL: address}), get_client(sync_client=True) as client:
        states = {run.name: run.state_name for run in client.read_flow_runs()}
        artifacts = client.read_artifacts()
    return states, artifacts


def test_a_training_goes_on_while_the_server_is_away(coins, command, port, tmp_path):
    run, log = tmp_path / "runs" / "test", tmp_path / "program.log"
    options = ("--clustering", "kmeans", "--epochs", "16", "--checkpoint-every", "8")
    with prefect_server(tmp_path, port=port):
        place = ("--runs", run.parent, "--name", run.name)
        training = command("train", coins, *SMALL, *options, *place, gated="storage.checkpoints.save")
        wait_until(lambda: list(run.rglob("assignments/*")), "a first epoch", of=training)
    (tmp_path / "gate").touch()
    wait_until(lambda: list(run.rglob("checkpoints/0008.json")), "a checkpoint", of=training)
    with prefect_server(tmp_path, port=port) as address:
        ended(training, log)
        states, artifacts = told(address)
    assert states == {"train test": "Completed"}
    (progress,) = [one for one in artifacts if one.type == "progress"]
    assert progress.description == f"done: trained to epoch 16, run in {run}"
    last = max((one for one in artifacts if one.type == "markdown"), key=lambda one: one.created)
    assert "| 16 | " in last.data
    assert log.read_text().count("the Prefect server cannot be told") <= 1


def test_an_explanation_goes_on_while_the_server_is_away(run, command, port, tmp_path):
    log = tmp_path / "program.log"
    with prefect_server(tmp_path, port=port):
        explaining = command("explain", run, gated="tasks.publish.write_manifest")
        wait_until(lambda: list(run.glob("explanations/*/maps/*")), "a first chunk", of=explaining)
    (tmp_path / "gate").touch()
    wait_until((run / "latest" / "manifest.json").exists, "the manifest", of=explaining)
    with prefect_server(tmp_path, port=port) as address:
        ended(explaining, log)
        states, artifacts = told(address)
    assert states == {"explain test": "Completed"}
    (progress,) = [one for one in artifacts if one.type == "progress"]
    assert progress.description.startswith("done: 18 coins in 3 clusters, page at ")
    assert [one.key for one in artifacts if one.type == "markdown"] == ["coin-xai-test"]


def test_a_server_that_never_comes_back_costs_no_work(run, command, port, tmp_path):
    log = tmp_path / "program.log"
    patch = "import tasks.flow_runs; tasks.flow_runs.PATIENCE_S = 0.0"
    with prefect_server(tmp_path, port=port):
        explaining = command(
            "explain", run, gated="tasks.publish.write_manifest", patch=patch, PREFECT_CLIENT_MAX_RETRIES="1"
        )
        wait_until(lambda: list(run.glob("explanations/*/maps/*")), "a first chunk", of=explaining)
    (tmp_path / "gate").touch()
    ended(explaining, log)
    assert verify((run / "latest").resolve()) == []
    assert "will not know how this ended" in log.read_text()
    assert f"page      {run / 'latest' / 'report.html'}" in log.read_text()
