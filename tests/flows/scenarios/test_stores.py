"""Runs in an object store: the same files as in a folder, and another machine goes on after a kill."""

import json
import shutil
import signal
from datetime import UTC, datetime, timedelta

import pytest

import tasks.collection
import tasks.transform
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.mint import Issue
from storage.errors import RunBusyError
from storage.markers import MARKER
from storage.remote.audit import audit
from storage.remote.store import open_store
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tests.conftest import SMALL

pytestmark = pytest.mark.slow

# Dies as soon as the store holds three chunks; however slowly they are sent, the fifth is still at work then.
KILLED = """
import os, signal, threading
import tasks.collection, tasks.mirror, tasks.transform
from flows.command_line.cli import cli
from storage.remote.upload import Upload

tasks.collection.CHUNK_COINS = 2
tasks.mirror.SECONDS_BETWEEN_ROUNDS = 0.05
send = Upload.send

def send_and_die(self):
    send(self)
    if sum(name.startswith("explanations/") and "/maps/" in name for name in self._held.markers) >= 3:
        os.kill(os.getpid(), signal.SIGKILL)

Upload.send = send_and_die
write_maps, written = tasks.transform.write_maps, []

def write_or_wait(path, *arguments, **keywords):
    written.append(path)
    if len(written) > 4:
        threading.Event().wait()
    return write_maps(path, *arguments, **keywords)

tasks.transform.write_maps = write_or_wait
cli({arguments}, standalone_mode=False)
"""


@pytest.fixture
def coins(tmp_path):
    """Fewer coins than others have, and smaller ones: each file of a run is a request to the store."""
    write_drawn_coins(tmp_path / "coins", Issue(coins=12, types=3, size_px=96, seed=7))
    return tmp_path / "coins"


@pytest.fixture
def computed(monkeypatch):
    """The chunks whose maps are computed; chunks are small, so that a tiny run has several."""
    monkeypatch.setattr(tasks.collection, "CHUNK_COINS", 2)
    paths = []
    original = tasks.transform.write_maps

    def spy(path, *arguments, **keywords):
        paths.append(path)
        return original(path, *arguments, **keywords)

    monkeypatch.setattr(tasks.transform, "write_maps", spy)
    return paths


def let_lease_end(run, *, in_hours):
    """Let the lease that a dead machine left end so long from now."""
    (name,) = run.sizes(".store/lease")
    content = json.loads(run.read(name))
    content["until"] = (datetime.now(UTC) + timedelta(hours=in_hours)).isoformat()
    run.write(name, json.dumps(content).encode())


def differences(*manifests):
    """Return the names of files that two manifests do not agree about, or that it is the rest."""
    first, second = (json.loads(manifest)["files"] for manifest in manifests)
    names = sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    return names if names or manifests[0] == manifests[1] else ["how it was made"]


def test_killed_and_its_machine_gone_it_ends_elsewhere_as_if_never_interrupted(
    study, coins, command_line, bucket, computed, nursery, tmp_path, monkeypatch
):
    options = ("--clustering", "kmeans", "--epochs", "1")
    study(tmp_path / "local", *options)
    manifest = (tmp_path / "local/test/latest/manifest.json").read_bytes()
    chunks = len(computed)
    computed.clear()

    place = f"s3://{bucket}/museum"
    run = open_store(place).run("test")
    arguments = ["study", str(coins), *SMALL, *options, "--runs", place, "--name", "test"]
    log = tmp_path / "killed.log"
    killed = nursery.start(KILLED.format(arguments=arguments), log=log)
    assert killed.wait() == -signal.SIGKILL, log.read_text()
    there = [name for name in run.sizes() if "/maps/" in name and name.endswith(MARKER)]
    assert 3 <= len(there) < chunks
    assert audit(run) == []

    shutil.rmtree(tmp_path / "cache")  # that machine is gone
    let_lease_end(run, in_hours=1)
    with pytest.raises(RunBusyError, match=r"is being worked on by process \d+ on"):
        command_line(arguments)
    let_lease_end(run, in_hours=-1)

    def train_again(*_arguments, **_keywords):
        raise AssertionError("the checkpoint is in the store")

    monkeypatch.setattr(DeepCluster, "run_epoch", train_again)
    result = command_line(arguments)
    assert result.exit_code == 0, result.output
    assert len(computed) == chunks - len(there)

    (copy,) = (tmp_path / "cache" / "coin-xai").iterdir()
    explanation = (copy / "test/latest").resolve()
    assert differences((explanation / "manifest.json").read_bytes(), manifest) == []
    assert run.read(f"explanations/{explanation.name}/manifest.json") == manifest
    assert f"page      {copy}/test/latest/report.html" in result.output
    for name in run.sizes():
        assert b"a-secret-of-the-tests" not in run.read(name)

    assert command_line(["verify", f"{place}/test"]).exit_code == 0
    assert f"{place}/test" in command_line(["runs", "--runs", place]).output.splitlines()

    # A flipped bit in the store is found, and a machine that has nothing, and no photographs either, makes
    # that one chunk again.
    chunk = next(name for name in run.sizes() if "/maps/" in name and name.endswith(".parquet"))
    content = bytearray(run.read(chunk))
    content[100] ^= 1
    run.write(chunk, bytes(content))
    verified = command_line(["verify", f"{place}/test"])
    assert verified.exit_code == 1
    assert f"{chunk} has other content than was written" in verified.output
    shutil.rmtree(tmp_path / "cache")
    computed.clear()
    shutil.rmtree(coins)
    assert command_line(["explain", f"{place}/test"]).exit_code == 0
    assert len(computed) == 1
    assert audit(run) == []
    assert differences(run.read(f"explanations/{explanation.name}/manifest.json"), manifest) == []
