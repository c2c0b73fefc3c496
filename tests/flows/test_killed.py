"""An explanation that is killed at any moment ends, once it is resumed, as if nothing had happened."""

import json
import os
import random
import shutil
import subprocess
import sys
import time

import pytest

from storage.atomic import TEMPORARY
from storage.inventory import damages
from storage.manifest import strangers, verify
from storage.markers import MARKER, UNFINISHED, read_marker

KILLS, KILLS_BEFORE_IT_MAY_END = 20, 4

# Imports once and forks a process for every life of the flow, which would else begin with seconds of imports.
# Matplotlib and scikit-learn are imported late by the page.
NURSERY = """
import os, signal, sys, time
from pathlib import Path
import matplotlib.backends.backend_svg, matplotlib.pyplot, sklearn.manifold, torch
import tasks.collection
from flows.explain_clusters import explain_clusters

torch.set_num_threads(1)
tasks.collection.CHUNK_COINS = 2
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        try:
            explain_clusters.fn(Path(sys.argv[1]))
            os._exit(0)
        finally:
            os._exit(1)
    if line.strip() != "whole":
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    print("killed" if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status), flush=True)
"""


@pytest.fixture
def live(run):
    """Let the flow live for so many seconds, or to its end: "killed", or its exit code as a text."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    nursery = subprocess.Popen(
        [sys.executable, "-c", NURSERY, str(run)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )

    def life(seconds="whole"):
        nursery.stdin.write(f"{seconds}\n")
        nursery.stdin.flush()
        return nursery.stdout.readline().strip()

    yield life
    nursery.communicate()


def leftovers(run):
    return [path for path in run.rglob("*") if path.name.startswith((UNFINISHED, TEMPORARY))]


def differences(*manifests):
    """Return the names of files that two manifests do not agree about."""
    first, second = (json.loads(manifest)["files"] for manifest in manifests)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def half_visible(explanation):
    """Return the folders that stand under the name of finished work and are not whole."""
    named = [*explanation.glob("maps/*/[0-9]*"), *explanation.glob("results/*/[0-9]*")]
    markers = {folder: read_marker(folder) for folder in named}
    return [
        folder for folder, marker in markers.items() if marker is None or damages(folder, marker["files"])
    ]


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_it_ends_as_if_never_interrupted(run, live, command_line):
    assert live() == "0"
    begun = time.monotonic()
    explanation = (run / "latest").resolve()
    shutil.rmtree(explanation)
    assert live() == "0"
    seconds = time.monotonic() - begun
    manifest, others = (explanation / "manifest.json").read_bytes(), strangers(explanation)

    moments, kills, states = random.Random(5), 0, set()
    while kills < KILLS:
        shutil.rmtree(explanation)
        (run / "latest").unlink()
        for _ in range(KILLS_BEFORE_IT_MAY_END):
            kills += live(moments.uniform(0, seconds)) == "killed"
            assert not half_visible(explanation)
            states.add(len(list(explanation.glob(f"*/*/*/{MARKER}"))))
        assert live() == "0"
        assert differences(manifest, (explanation / "manifest.json").read_bytes()) == []
        assert (explanation / "manifest.json").read_bytes() == manifest
        assert verify(explanation) == []
        assert strangers(explanation) == others
        assert (run / "latest").resolve() == explanation
        assert leftovers(run) == []
    assert len(states) >= 5, "the kills met the flow at different points"
    assert command_line(["verify", run]).exit_code == 0
