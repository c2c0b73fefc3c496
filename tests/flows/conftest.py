"""Trained runs, and processes that can be stopped and killed for real."""

import json
import os
import subprocess
import sys
from contextlib import suppress

import pytest

from coin_xai.deepcluster.options import TrainingOptions
from flows.cli import main
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters

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

    def start(self, program):
        """Start a program and return the number of its process."""
        return self._ask(start=program)

    def wait(self, process):
        """Wait until a process has ended and return its exit code, negative if a signal ended it."""
        return self._ask(wait=process)

    def _ask(self, **order):
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="session")
def nursery():
    """The one process that all programs of these tests are forked from."""
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    ) as process:
        yield Nursery(process)
        with suppress(BrokenPipeError):
            process.stdin.close()
