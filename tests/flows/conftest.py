"""Trained runs, and processes that can be stopped and killed for real."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from coin_xai.deepcluster.options import TrainingOptions
from flows.cli import main
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters
from tests.processes import started

# Imports once and forks for every program, which would else begin with seconds of imports. Matplotlib and
# scikit-learn are imported late by the page.
NURSERY = """
import json, os, sys, traceback
import matplotlib.backends.backend_svg, matplotlib.pyplot, sklearn.manifold, torch
import flows.explain_clusters

torch.set_num_threads(1)
for line in sys.stdin:
    order = json.loads(line)
    if "wait" in order:
        answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
    else:
        answer = os.fork()
        if answer == 0:
            code = 1
            try:
                exec(order["start"], {})
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
    print(answer, flush=True)
"""


@pytest.fixture(autouse=True)
def _alone(no_server_of_the_user):
    """Every test here is about flows, which would run on a configured server."""


def train(coins, runs):
    """Train a run for one epoch and return its folder."""
    return train_clusters.fn(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8),
        Duration(epochs=1),
        Place(runs=runs, name="test"),
    )


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line and return its exit code and all it printed, on one line."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["coin-xai", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code
        printed = capsys.readouterr()
        return code, " ".join((printed.out + printed.err).split())

    return run


@pytest.fixture
def run(coins, tmp_path):
    """The folder of a run that was trained for one epoch."""
    return train(coins, tmp_path)


class Nursery:
    """Starts programs in processes of their own, where everything is imported already."""

    def __init__(self, process):
        self._process = process
        self._running = set()

    def start(self, program):
        """Start a program and return the number of its process."""
        process = self._ask(start=program)
        self._running.add(process)
        return process

    def wait(self, process):
        """Wait until a process has ended and return its exit code, negative if a signal ended it."""
        code = self._ask(wait=process)
        self._running.remove(process)
        return code

    def has_ended(self, process):
        """Tell whether a process has ended, without waiting for it."""
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"

    def clear(self):
        """Kill what still runs."""
        for process in list(self._running):
            os.kill(process, signal.SIGKILL)
            self.wait(process)

    def _ask(self, **order):
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="session")
def _nursery():
    """The one process that all programs of these tests are forked from."""
    talking = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with started([sys.executable, "-c", NURSERY], env=environment, **talking) as process:
        yield Nursery(process)


@pytest.fixture
def nursery(_nursery):
    """Start programs; none of them outlives the test."""
    yield _nursery
    _nursery.clear()
