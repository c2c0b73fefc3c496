"""A Prefect server that goes away stops no work, and hears how it ended once it is back."""

from typing import NamedTuple

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, temporary_settings

from tests.conftest import SMALL, prefect_server, reserved_port
from tests.flows.conftest import copied
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

# The command line; a function of the product waits, while the server goes, until its gate is opened.
PROGRAM = """
import importlib, sys, time
from pathlib import Path
from flows.command_line.cli import program
{patch}
module = importlib.import_module({module!r})
function = getattr(module, {name!r})

def gated(*arguments, **keywords):
    Path({gate!r}).mkdir(exist_ok=True)
    while not Path({gate!r}, "open").exists():
        time.sleep(0.05)
    return function(*arguments, **keywords)

setattr(module, {name!r}, gated)
sys.argv[1:] = {arguments}
program()
"""
IMPATIENT = "import tasks.running.flow_runs; tasks.running.flow_runs.PATIENCE_S = 0.0"


class Outage(NamedTuple):
    """What an outage has left.

    Attributes:
        runs: their folders; `trained` and `explained` ended when the server was back, `alone` before.
        logs: what was printed about each of them.
        states: of the flow runs that the server knows in the end, by name.
        artifacts: that it knows, by the name of their flow run.
    """

    runs: dict
    logs: dict
    states: dict
    artifacts: dict


@pytest.fixture(scope="module")
def outage(_trained, coins, long_nursery, tmp_path_factory):
    """The server goes while two trainings and an explanation work; one ends before it is back."""
    folder = tmp_path_factory.mktemp("outage")
    runs = {name: folder / name / name for name in ("trained", "explained", "alone")}
    logs = {name: folder / f"{name}.log" for name in runs}
    gates = {name: folder / f"{name}-gate" for name in runs}

    def start(name, *arguments, gated, patch="", **settings):
        module, _, function = gated.rpartition(".")
        gate, given = str(gates[name]), [str(one) for one in arguments]
        program = PROGRAM.format(patch=patch, module=module, name=function, gate=gate, arguments=given)
        settings |= {
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_HOME": str(folder / f"{name}-home"),
        }
        return long_nursery.start(program, log=logs[name], **settings)

    def train(name, epochs, every, **how):
        options = ("--clustering", "kmeans", "--epochs", epochs, "--checkpoint-every", every)
        place = ("--runs", runs[name].parent, "--name", name)
        return start(name, "train", coins, *SMALL, *options, *place, gated="storage.checkpoints.save", **how)

    def explain(name):
        copied(_trained, runs[name].parent).rename(runs[name])
        return start(name, "explain", runs[name], gated="tasks.publish.write_manifest")

    def await_end(name):
        assert processes[name].wait() == 0, logs[name].read_text()

    with reserved_port() as port:
        with prefect_server(folder, port=port):
            # One after the other: without patience a busy server is one that is away.
            impatient = {"PREFECT_CLIENT_MAX_RETRIES": "1", "patch": IMPATIENT}
            processes = {"alone": train("alone", 2, 1, **impatient)}
            wait_until(gates["alone"].exists, "alone: at the gate", of=processes["alone"])
            processes |= {"trained": train("trained", 16, 8), "explained": explain("explained")}
            for name, process in processes.items():
                wait_until(gates[name].exists, f"{name}: at the gate", of=process)
        for gate in gates.values():
            (gate / "open").touch()
        await_end("alone")
        # The second part of a training, a task of its own, begins and ends while the server is away.
        trained = runs["trained"] / "training" / "checkpoints" / "0016.json"
        wait_until(trained.exists, "the last checkpoint", of=processes["trained"])
        explained = runs["explained"] / "latest" / "manifest.json"
        wait_until(explained.exists, "the manifest", of=processes["explained"])
        with prefect_server(folder, port=port) as address:
            await_end("explained")
            await_end("trained")
            yield Outage(runs, {name: log.read_text() for name, log in logs.items()}, *told(address))


def told(address):
    """Return what the server knows at the end: the states of flow runs, and their artifacts."""
    with temporary_settings({PREFECT_API_URL: address}), get_client(sync_client=True) as client:
        flow_runs, artifacts = client.read_flow_runs(), client.read_artifacts()
    states = {run.name: run.state_name for run in flow_runs}
    assert len(states) == len(flow_runs)
    return states, {run.name: [one for one in artifacts if one.flow_run_id == run.id] for run in flow_runs}


def test_a_training_goes_on_while_the_server_is_away(outage):
    assert outage.states["train trained"] == "Completed"
    artifacts = outage.artifacts["train trained"]
    (progress,) = [one for one in artifacts if one.type == "progress"]
    assert progress.description == f"done: trained to epoch 16, run in {outage.runs['trained']}"
    last = max((one for one in artifacts if one.type == "markdown"), key=lambda one: one.created)
    assert "| 16 | " in last.data
    # A busy server may have said once before that it is not to be had just now.
    assert outage.logs["trained"].count("cannot be told how far the work is (ConnectError") <= 1


def test_an_explanation_goes_on_while_the_server_is_away(outage):
    assert outage.states["explain explained"] == "Completed"
    artifacts = outage.artifacts["explain explained"]
    (progress,) = [one for one in artifacts if one.type == "progress"]
    assert progress.description.startswith("done: 18 coins in 3 clusters, page at ")
    assert [one.key for one in artifacts if one.type == "markdown"] == ["coin-xai-explained"]


def test_a_server_that_never_comes_back_costs_no_work(outage):
    assert (outage.runs["alone"] / "training" / "checkpoints" / "0002.json").exists()
    assert "will not know how this ended" in outage.logs["alone"]
    assert f"run       {outage.runs['alone']}" in outage.logs["alone"]


def test_nothing_was_begun_a_second_time(outage):
    assert sorted(outage.states) == ["explain explained", "train alone", "train trained"]
