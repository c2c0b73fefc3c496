"""Trained runs, and processes that can be stopped and killed for real."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.evidence import recognition
from flows.command_line.cli import main
from flows.explain_clusters import explain_clusters
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters
from tests.once import made_once
from tests.processes import started

# Imports once and forks for every program, which would else begin with seconds of imports. Flows import late
# what only running them needs, and PyTorch, pandas and Prefect what only some work needs.
NURSERY = """
import gc, json, os, sys, traceback
from tasks.running.starting import start
start()
import matplotlib.backends.backend_agg, matplotlib.backends.backend_svg, matplotlib.pyplot
import PIL.Image, pyarrow.dataset, sklearn.manifold, torch
import coin_xai.report.learning_curves, flows.command_line.cli, flows.explaining.explanation, flows.study
import tasks.train
import prefect.flow_engine, prefect.runner
from coin_xai.evidence import recognition
from prefect.context import refresh_global_settings_context

recognition.FOLDS = {folds}
PIL.Image.init()

torch.set_num_threads(1)
gc.freeze()
for line in sys.stdin:
    order = json.loads(line)
    if "wait" in order:
        answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
    else:
        answer = os.fork()
        if answer == 0:
            code = 1
            try:
                if order["log"] is not None:
                    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
                    os.dup2(log, 1)
                    os.dup2(log, 2)
                os.environ.update(order["environment"])
                refresh_global_settings_context()
                exec(order["start"], {})
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
    print(answer, flush=True)
"""


FOLDS = 2
"""As few as there can be: what is held out is told by other tests, and each fold costs every explanation."""
USUAL_FOLDS = recognition.FOLDS


# Hooks, and no fixture: fixtures of a session explain as well. Only tests of this folder call them.
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    recognition.FOLDS = FOLDS


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown():
    recognition.FOLDS = USUAL_FOLDS


@pytest.fixture(scope="module", autouse=True)
def _alone(no_server_of_the_user):
    """Every test here is about flows, which would run on a configured server."""


def train(coins, runs):
    """Train a run for one epoch, by the cheapest clustering, and return its folder."""
    return train_clusters.fn(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8, clustering="kmeans"),
        Duration(epochs=1),
        Place(runs=runs, name="test"),
    )


PROGRESS = re.compile(r"[\w +,]+: (done in |\d+% )")


@pytest.fixture
def call(monkeypatch, capsys):
    """Run the command line and return its exit code and all it printed but progress, on one line."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["coin-xai", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = stop.code
        printed = capsys.readouterr()
        told = [line for line in printed.err.splitlines() if not PROGRESS.match(line)]
        return code, " ".join([*printed.out.split(), *" ".join(told).split()])

    return run


@pytest.fixture(scope="session")
def _trained(coins, tmp_path_factory):
    return made_once(tmp_path_factory, "trained", lambda runs: train(coins, runs))


@pytest.fixture(scope="session")
def _explained(_trained, tmp_path_factory):
    def explain(runs):
        run = copied(_trained, runs)
        explain_clusters.fn(run)
        return run

    return made_once(tmp_path_factory, "trained-and-explained", explain)


def copied(run, runs):
    """Copy a run, with the pixels beside it, into another folder of runs; return the copy."""
    shutil.copytree(run.parent, runs, symlinks=True, dirs_exist_ok=True)
    return runs / run.name


@pytest.fixture
def run(_trained, tmp_path):
    """The folder of a run of one's own that was trained for one epoch."""
    return copied(_trained, tmp_path)


@pytest.fixture
def explained(_explained, tmp_path):
    """The folder of such a run that was explained as well."""
    return copied(_explained, tmp_path)


class Forked:
    """A process that was forked for a program, as `subprocess.Popen` shows one."""

    def __init__(self, nursery, pid):
        self.pid = pid
        self.returncode = None
        self._nursery = nursery

    def poll(self):
        """Return the exit code if it has ended, without waiting for it."""
        if self.returncode is None and self._state() == "Z":
            self.wait()
        return self.returncode

    def wait(self):
        """Wait until it has ended and return its exit code, negative if a signal ended it."""
        if self.returncode is None:
            self.returncode = self._nursery.ask(wait=self.pid)
        return self.returncode

    def send_signal(self, number):
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def _state(self):
        return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]


class Nursery:
    """Starts programs in processes of their own, where everything is imported already."""

    def __init__(self, process):
        self._process = process
        self._forked = []

    def start(self, program, *, log=None, **environment):
        """Start a program and return its process.

        Args:
            program: in Python.
            log: a file that gets what it prints.
            environment: what differs from that of the tests.
        """
        pid = self.ask(start=program, log=log and str(log), environment={**os.environ, **environment})
        self._forked.append(Forked(self, pid))
        return self._forked[-1]

    def clear(self):
        """Kill what still runs."""
        for process in self._forked:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._forked.clear()

    def ask(self, **order):
        """Have the process that forks do something, and return the number that it answers with."""
        self._process.stdin.write(f"{json.dumps(order)}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture(scope="session")
def _nursery():
    """The one process that all programs of these tests are forked from."""
    talking = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    program = NURSERY.replace("{folds}", str(FOLDS))
    with started([sys.executable, "-c", program], env=environment, **talking) as process:
        yield process


@contextmanager
def programs(process):
    """Start programs for as long as a block lasts; none of them outlives it."""
    nursery = Nursery(process)
    try:
        yield nursery
    finally:
        nursery.clear()


@pytest.fixture
def nursery(_nursery):
    """Start programs; none of them outlives the test."""
    with programs(_nursery) as nursery:
        yield nursery


@pytest.fixture(scope="module")
def long_nursery(_nursery):
    """Start programs; none of them outlives the tests of the file."""
    with programs(_nursery) as nursery:
        yield nursery
