"""An explanation that is killed at any moment ends, once it is resumed, as if nothing had happened."""

import json
import logging
import random
import shutil
import signal

import pytest

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters
from storage.atomic import TEMPORARY
from storage.inventory import damages
from storage.manifest import strangers, verify
from storage.markers import MARKER, UNFINISHED, read_marker
from tasks.photographs.write_drawn_coins import write_drawn_coins

log = logging.getLogger(__name__)

KILLS, SEED = 20, 5
KILLS_BEFORE_IT_IS_RESUMED = 5
LONGEST_DELAY_S = 0.02

# Explains a run. It counts the files that it opens for writing, renames and removes, and dies at one of them,
# or a moment after; if it lives to the end, it keeps how many there were.
PROGRAM = """
import itertools, os, signal, sys, threading
from pathlib import Path
import tasks.collection
from flows.explain_clusters import explain_clusters

events = itertools.count(1)

def notice(event, arguments):
    writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if (writes or event in ("os.rename", "os.remove")) and next(events) == {die_at}:
        if {delay_s} == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Timer({delay_s}, os.kill, (os.getpid(), signal.SIGKILL)).start()

sys.addaudithook(notice)
tasks.collection.CHUNK_COINS = 2
explain_clusters.fn(Path({run!r}))
Path({counted!r}).write_text(str(next(events) - 1))
"""


@pytest.fixture
def run(tmp_path):
    """The folder of a run of few coins."""
    write_drawn_coins(tmp_path / "coins", Issue(coins=9, types=2, size_px=96))
    return train_clusters.fn(
        Photographs(images=tmp_path / "coins"),
        TrainingOptions(k=2, width=0.0625, batch_size=4, clustering="kmeans"),
        Duration(epochs=1),
        Place(runs=tmp_path / "runs", name="test"),
    )


@pytest.fixture
def live(run, nursery, counted):
    """Let the flow live to an event of a file, or a moment longer, or to its end; return its exit code."""

    def life(die_at=0, delay_s=0.0):
        details = {"run": str(run), "counted": str(counted), "die_at": die_at, "delay_s": delay_s}
        return nursery.start(PROGRAM.format(**details)).wait()

    return life


@pytest.fixture
def counted(tmp_path):
    """The file that holds how many events of files a whole life had."""
    return tmp_path / "counted"


def spread_over(events):
    """Yield the deaths of one explanation after the other, which together meet each part of so many events.

    Each life goes on where the one before has died, so that its events are counted from there.
    """
    chance = random.Random(SEED)
    rounds = KILLS // KILLS_BEFORE_IT_IS_RESUMED
    for number in range(10 * rounds):  # more than are needed, since a life may have fewer events
        before, deaths = 0.0, []
        for part in range(KILLS_BEFORE_IT_IS_RESUMED):
            share = (part * rounds + number % rounds + chance.random()) / KILLS
            delay_s = chance.choice([0, chance.uniform(0, LONGEST_DELAY_S)])
            deaths.append({"die_at": 1 + int((share - before) * events), "delay_s": delay_s})
            before = share
        yield deaths


def leftovers(run):
    return [path for path in run.rglob("*") if path.name.startswith((UNFINISHED, TEMPORARY))]


def differences(*manifests):
    """Return the names of files that two manifests do not agree about."""
    first, second = (json.loads(manifest)["files"] for manifest in manifests)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def half_visible(explanation):
    """Return the folders that stand under the name of finished work and are not whole."""
    named = [
        path
        for kind in ("maps/*", "results/*", "page/pictures")
        for path in explanation.glob(f"{kind}/[0-9]*")
    ]
    markers = {folder: read_marker(folder) for folder in named}
    return [
        folder
        for folder, marker in markers.items()
        if marker is None or damages(folder, marker["files"].items())
    ]


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_it_ends_as_if_never_interrupted(run, live, counted, command_line):
    assert live() == 0
    explanation = (run / "latest").resolve()
    shutil.rmtree(explanation)
    assert live() == 0
    events = int(counted.read_text())
    manifest, others = (explanation / "manifest.json").read_bytes(), strangers(explanation)

    log.warning("kills within %d events, at moments drawn from the seed %d", events, SEED)
    kills, states = 0, set()
    for deaths in spread_over(events):
        shutil.rmtree(explanation)
        (run / "latest").unlink()
        for death in deaths:
            kills += live(**death) == -signal.SIGKILL
            assert not half_visible(explanation)
            states.add(len(list(explanation.rglob(MARKER))))
        assert live() == 0
        assert differences(manifest, (explanation / "manifest.json").read_bytes()) == []
        assert (explanation / "manifest.json").read_bytes() == manifest
        assert verify(explanation) == []
        assert strangers(explanation) == others
        assert (run / "latest").resolve() == explanation
        assert leftovers(run) == []
        if kills >= KILLS:
            break
    assert kills >= KILLS
    # Work becomes visible in bursts: before, between and after them at least.
    assert len(states) >= 3, "the kills met the flow at different points"
    assert command_line(["verify", run]).exit_code == 0
