"""An explanation that is killed at any moment ends, once it is resumed, as if nothing had happened."""

import json
import logging
import os
import random
import shutil
import signal
import time

import pytest

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters
from storage.atomic import TEMPORARY
from storage.inventory import damages
from storage.manifest import strangers, verify
from storage.markers import MARKER, UNFINISHED, read_marker
from tasks.strike import strike

log = logging.getLogger(__name__)

KILLS, SEED = 20, 5

PROGRAM = """
from pathlib import Path
import tasks.collection
from flows.explain_clusters import explain_clusters

tasks.collection.CHUNK_COINS = 2
explain_clusters.fn(Path({run!r}))
"""


@pytest.fixture
def run(tmp_path):
    """The folder of a run of few coins."""
    strike(tmp_path / "coins", Issue(coins=9, types=2, size_px=96))
    return train_clusters.fn(
        Photographs(images=tmp_path / "coins"),
        TrainingOptions(k=2, width=0.0625, batch_size=4),
        Duration(epochs=1),
        Place(runs=tmp_path / "runs", name="test"),
    )


@pytest.fixture
def live(run, nursery):
    """Let the flow live for so many seconds, or to its end, and return its exit code."""

    def life(seconds=None):
        process = nursery.start(PROGRAM.format(run=str(run)))
        if seconds is not None:
            time.sleep(seconds)
            os.kill(process, signal.SIGKILL)
        return nursery.wait(process)

    return life


def spread_over(seconds):
    """Yield moments, one in each part of so many seconds, then any: the flow may end sooner than before."""
    moments = random.Random(SEED)
    for part in range(KILLS):
        yield (part + moments.random()) * seconds / KILLS
    while True:
        yield moments.uniform(0, seconds)


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
@pytest.mark.timeout(900)
def test_killed_at_any_moment_and_resumed_it_ends_as_if_never_interrupted(run, live, command_line):
    assert live() == 0
    explanation = (run / "latest").resolve()
    shutil.rmtree(explanation)
    begun = time.monotonic()
    assert live() == 0
    seconds = time.monotonic() - begun
    manifest, others = (explanation / "manifest.json").read_bytes(), strangers(explanation)

    log.warning("kills within %.1f s, at moments drawn from the seed %d", seconds, SEED)
    moments, kills, states = spread_over(seconds), 0, set()
    while kills < KILLS:
        shutil.rmtree(explanation)
        (run / "latest").unlink()
        kills += live(next(moments)) == -signal.SIGKILL
        assert not half_visible(explanation)
        states.add(len(list(explanation.rglob(MARKER))))
        assert live() == 0
        assert differences(manifest, (explanation / "manifest.json").read_bytes()) == []
        assert (explanation / "manifest.json").read_bytes() == manifest
        assert verify(explanation) == []
        assert strangers(explanation) == others
        assert (run / "latest").resolve() == explanation
        assert leftovers(run) == []
    # Work becomes visible in bursts: before, between and after them at least.
    assert len(states) >= 3, "the kills met the flow at different points"
    assert command_line(["verify", run]).exit_code == 0
