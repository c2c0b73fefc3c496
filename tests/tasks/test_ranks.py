"""Trainings on two real processes, against those of one, and what becomes of them when somebody is killed."""

import contextlib
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from contextvars import copy_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.mint import Issue
from storage import checkpoints
from storage.layout import RunLayout
from tasks.begin import begin, keep_photographs
from tasks.failures import RanksFailedError, passes_by_itself
from tasks.ingest import ingest
from tasks.progress import show_elsewhere
from tasks.strike import strike
from tasks.train import train

pytestmark = pytest.mark.slow

ENDLESS = 100_000
"""Epochs of a training that somebody will kill."""
MARKER = "COIN_XAI_TEST_OF_RANKS"
LONGEST_END_S = 240


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Make copies of a run that was begun and not trained yet; its last batches are short ones."""
    folder = tmp_path_factory.mktemp("fresh")
    strike(folder / "coins", Issue(coins=21, types=3, seed=7))
    ingested = ingest.fn(folder / "coins", folder / "runs")

    def make(name, **options):
        chosen = TrainingOptions(k=3, width=1 / 16, batch_size=8, **options)
        layout = begin(ingested, chosen, folder=folder / "runs", name=name)
        keep_photographs(layout, ingested)
        return layout

    return make


def copied(layout, name):
    copy = RunLayout(layout.root.with_name(name))
    shutil.copytree(layout.root, copy.root)
    return copy


def go_on(layout, until, *, processes, epochs=None):
    return train.fn(layout.root, until=until, epochs=epochs or until, processes=processes)


@pytest.fixture
def marked(monkeypatch):
    """Mark all processes that a test starts, and tell which of them live: number and rank."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARKER, mark)

    def living():
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                settings = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
                if f"{MARKER}={mark}" in settings:
                    rank = next((one[5:] for one in settings if one.startswith("RANK=")), None)
                    found[int(folder.name)] = rank
        return found

    return living


def ends(living):
    """Wait until none of some processes lives any more."""
    deadline = time.monotonic() + LONGEST_END_S
    while living() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not living()


def at_work(do):
    """Return a way to show stages that does something once, when two processes have learnt for a while."""
    told = 0

    @contextlib.contextmanager
    def show(description, _total):
        def advance(_count):
            nonlocal told
            told += description == "train"
            if told == 30:
                do()

        yield advance

    return show


def within(show, function, *arguments, **keywords):
    context = copy_context()
    context.run(show_elsewhere, show)
    return context.run(function, *arguments, **keywords)


def kill(living, rank):
    """Kill a process of the training by its rank; the launcher has none."""
    (number,) = [number for number, its in living().items() if its == rank and number != os.getpid()]
    os.kill(number, signal.SIGKILL)


def figures(layout, *names):
    return pd.read_csv(layout.metrics)[list(names)]


def clusters(layout, epoch):
    return pd.read_parquet(layout.assignments(epoch))["cluster"].tolist()


def network_of(layout, epoch):
    return checkpoints.load(layout, epoch)["training"]["network"]


@pytest.fixture(scope="module")
def trained(fresh):
    """One run, trained for two epochs by one process, and the same by two processes."""
    alone, two = (fresh(name, clustering="kmeans") for name in ("alone", "two"))
    for until in (1, 2):
        go_on(alone, until, processes=1, epochs=2)
        go_on(two, until, processes=2, epochs=2)
        if until == 1:
            halfway = copied(alone, "alone-halfway"), copied(two, "two-halfway")
    return alone, two, *halfway


def test_two_processes_leave_the_partitions_and_losses_of_one(trained):
    alone, two, *_ = trained
    for epoch in (0, 1, 2):
        assert clusters(two, epoch) == clusters(alone, epoch)
    losses = [figures(one, "loss", "learning_accuracy").dropna() for one in (alone, two)]
    # Sums are rounded in another order.
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
    own, others = ({str(path.relative_to(one.root)) for path in one.root.rglob("*")} for one in (alone, two))
    assert own == others
    assert checkpoints.load(two, 2)["surroundings"]["processes"] == "2"


def test_checkpoints_are_continued_by_another_number_of_processes(trained, caplog):
    alone, _two, of_one, of_two = trained
    expected = figures(alone, "loss", "learning_accuracy").dropna()
    for layout, before, now in (
        (copied(of_one, "one-then-two"), 1, 2),
        (copied(of_two, "two-then-one"), 2, 1),
    ):
        caplog.clear()
        with caplog.at_level(logging.INFO):
            outcome = go_on(layout, 2, processes=now)
        assert outcome["trained"] == 1
        np.testing.assert_allclose(figures(layout, "loss", "learning_accuracy").dropna(), expected, rtol=1e-4)
        assert clusters(layout, 2) == clusters(alone, 2)
        assert f"begun with processes {before}, now {now}" in caplog.text
        assert ("tasks.segment", logging.INFO, "continuing after epoch 1") in caplog.record_tuples
    assert not torch.cuda.is_initialized()


def test_a_killed_process_ends_the_training_which_goes_on_as_if_nothing_had_happened(trained, marked):
    _alone, two, _of_one, of_two = trained
    layout = copied(of_two, "killed")
    with pytest.raises(
        RanksFailedError, match=r"process 1 of the 2 .* SIGKILL .* after the last check"
    ) as info:
        within(at_work(lambda: kill(marked, "1")), go_on, layout, ENDLESS, processes=2)
    assert not passes_by_itself(info.value)
    assert set(marked()) <= {os.getpid()}
    go_on(layout, 2, processes=2)
    expected, found = network_of(two, 2), network_of(layout, 2)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert clusters(layout, 2) == clusters(two, 2)


def test_a_killed_launcher_and_ctrl_c_leave_no_process(fresh, marked):
    layout = fresh("unlucky")
    with pytest.raises(RanksFailedError, match=r"the launcher of the 2 processes .* SIGKILL"):
        within(at_work(lambda: kill(marked, None)), go_on, layout, ENDLESS, processes=2)
    assert set(marked()) <= {os.getpid()}

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        within(at_work(interrupt), go_on, layout, ENDLESS, processes=2)
    assert set(marked()) <= {os.getpid()}


def listening(number):
    """Return the addresses, in the kernel's hexadecimal, at which a process accepts connections."""
    own = set()
    for file in Path(f"/proc/{number}/fd").iterdir():
        with contextlib.suppress(OSError):
            own.add(str(file.readlink()))
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{number}/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own}


PARENT = """
import sys
from pathlib import Path
from tasks.progress import show_elsewhere
from tasks.train import train
from tests.tasks.test_ranks import at_work

show_elsewhere(at_work(lambda: print("at work", flush=True)))
train.fn(Path(sys.argv[1]), until=100_000, epochs=100_000, processes=2)
"""


def test_a_killed_parent_leaves_no_process(fresh, marked):
    layout = fresh("orphans")
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(layout.root)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout.readline() == "at work\n"
        alive = {number: rank for number, rank in marked().items() if number != os.getpid()}
        assert sorted(map(str, alive.values())) == ["0", "1", "None", "None"]
        for number in alive:
            assert listening(number) <= {"0100007F"}, "beyond 127.0.0.1"
        parent.kill()
    assert ends(lambda: set(marked()) - {os.getpid()})


def test_a_mistake_of_the_user_is_told_as_by_one_process(fresh, tmp_path):
    lacking = tmp_path / "vectors.parquet"
    with pytest.raises(OptionError, match=r"the file .*vectors\.parquet is not there \(--features\)"):
        train.fn(fresh("mistaken").root, until=2, epochs=2, features=lacking, processes=2)
