"""Trainings on two real processes, against those of one, and what becomes of them when somebody is killed."""

import contextlib
import logging
import os
import secrets
import shutil
import signal
import subprocess
import sys
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
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.running.failures import RanksFailedError, passes_by_itself
from tasks.running.progress import show_elsewhere
from tasks.train import train
from tasks.training import ranks as ranks_module
from tasks.training.create_run import create_run, keep_photographs
from tasks.training.messages import DONE, FAILED, LOST
from tasks.training.order import Order, RankOrder
from tests.conftest import PRETRAINED
from tests.processes import processes_with, started
from tests.waiting import PATIENCE_S, wait_until

pytestmark = pytest.mark.slow

ENDLESS = 100_000
"""Epochs of a training that somebody will kill."""
MARKER = "COIN_XAI_TEST_OF_RANKS"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Make copies of a run that was begun and not trained yet; its last batches are short ones."""
    folder = tmp_path_factory.mktemp("fresh")
    write_drawn_coins(folder / "coins", Issue(coins=21, types=3, seed=7))
    ingested = ingest.fn(folder / "coins", folder / "runs")

    def make(name, **options):
        chosen = TrainingOptions(
            **{"k": 3, "width": 1 / 16, "batch_size": 8, "clustering": "kmeans", **options}
        )
        layout = create_run(ingested, chosen, folder=folder / "runs", name=name)
        keep_photographs(layout, ingested)
        return layout

    return make


def copied(layout, name):
    copy = RunLayout(layout.root.with_name(name))
    shutil.copytree(layout.root, copy.root)
    return copy


def go_on(layout, until, *, processes):
    return train.fn(layout.root, until=until, epochs=until, processes=processes)


@pytest.fixture
def living(monkeypatch):
    """Tell which processes live that a test has started."""
    mark = secrets.token_hex(8)
    monkeypatch.setenv(MARKER, mark)
    return lambda: set(processes_with(MARKER, mark))


def parent_of(number):
    return int(Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[1])


def launcher(among):
    return {number for number in among if parent_of(number) not in among}


def ranks(among):
    """Return the processes that train, in the order in which the launcher started them."""
    return sorted(among - launcher(among))


def kill(processes):
    (number,) = processes
    os.kill(number, signal.SIGKILL)


def at_work(do):
    """Return a way to show stages that does something once, in the third epoch that it shows."""
    epochs, done = 0, False

    @contextlib.contextmanager
    def show(description, _total):
        nonlocal epochs
        epochs += description == "train"

        def advance(_count):
            nonlocal done
            if epochs == 3 and not done:
                done = True
                do()

        yield advance

    return show


def within(show, function, *arguments, **keywords):
    context = copy_context()
    context.run(show_elsewhere, show)
    return context.run(function, *arguments, **keywords)


def figures(layout, *, epochs):
    rows = pd.read_csv(layout.metrics)
    return rows.loc[rows["epoch"] < epochs, ["loss", "learning_accuracy"]].to_numpy()


def clusters(layout, *, epochs):
    return [pd.read_parquet(layout.assignments(epoch))["cluster"].tolist() for epoch in range(epochs)]


def assert_alike(layout, reference, *, epochs):
    """Partitions are the same, and what was learnt of each is but for rounding: sums have another order."""
    assert clusters(layout, epochs=epochs) == clusters(reference, epochs=epochs)
    expected = figures(reference, epochs=epochs)
    assert len(expected) == epochs
    np.testing.assert_allclose(figures(layout, epochs=epochs), expected, rtol=1e-4)


@pytest.fixture(scope="module")
def alone(fresh):
    """A run that one process has trained for two epochs."""
    layout = fresh("alone")
    go_on(layout, 2, processes=1)
    return layout


@pytest.fixture(scope="module")
def longer(alone):
    """The same, for four."""
    layout = copied(alone, "longer")
    go_on(layout, 4, processes=1)
    return layout


@pytest.fixture(scope="module")
def two(fresh):
    """The same run, trained by two processes for two epochs."""
    layout = fresh("two")
    assert go_on(layout, 2, processes=2) == 2
    return layout


def test_two_processes_leave_the_partitions_and_losses_of_one(alone, two):
    assert_alike(two, alone, epochs=2)
    last = [pd.read_parquet(layout.assignments(2))["cluster"].tolist() for layout in (alone, two)]
    assert last[0] == last[1]
    own, others = ({str(path.relative_to(one.root)) for path in one.root.rglob("*")} for one in (alone, two))
    assert own == others
    assert checkpoints.load(two, 2)["surroundings"]["processes"] == "2"


def test_two_processes_go_on_from_a_checkpoint_of_one_and_do_not_outlive_their_launcher(
    alone, longer, living, caplog
):
    layout = copied(alone, "one-then-two")
    with (
        caplog.at_level(logging.INFO),
        pytest.raises(RanksFailedError, match=r"the launcher of the 2 processes .* SIGKILL"),
    ):
        within(at_work(lambda: kill(launcher(living()))), go_on, layout, ENDLESS, processes=2)
    assert living() == set()
    assert_alike(layout, longer, epochs=4)
    assert "begun with processes 1, now 2" in caplog.text
    assert ("tasks.training.segment", logging.INFO, "continuing after epoch 2") in caplog.record_tuples
    assert not torch.cuda.is_initialized()


def test_a_killed_process_and_ctrl_c_end_a_training_which_goes_on_as_if_nothing_had_happened(
    two, longer, living, caplog
):
    layout = copied(two, "stopped")
    with pytest.raises(
        RanksFailedError, match=r"process 1 of the 2 .* SIGKILL .* after the last check"
    ) as info:
        within(at_work(lambda: kill(ranks(living())[1:])), go_on, layout, ENDLESS, processes=2)
    assert not passes_by_itself(info.value)
    assert living() == set()
    learnt, found = figures(layout, epochs=4), clusters(layout, epochs=4)

    def interrupt():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        within(at_work(interrupt), go_on, layout, ENDLESS, processes=2)
    assert living() == set()
    np.testing.assert_array_equal(figures(layout, epochs=4), learnt)  # made again, bit for bit
    assert clusters(layout, epochs=4) == found
    assert checkpoints.latest(layout) == 2

    assert go_on(layout, 4, processes=1) == 2
    assert_alike(layout, longer, epochs=4)
    assert "begun with processes 2, now 1" in caplog.text


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


def loaded(library, among):
    """Return which processes have loaded a library of C, as Prefect brings orjson."""
    return {number for number in among if f"/{library}/" in Path(f"/proc/{number}/maps").read_text()}


PARENT = """
import sys
from pathlib import Path
from tasks.running.starting import start
start()
from tasks.running.progress import show_elsewhere
from tasks.train import train
from tests.tasks.training.test_ranks import at_work

show_elsewhere(at_work(lambda: print("at work", flush=True)))
train.fn(Path(sys.argv[1]), until=100_000, epochs=100_000, processes=2)
"""


def test_a_killed_parent_leaves_no_process(fresh, living):
    command = [sys.executable, "-c", PARENT, fresh("orphans").root]
    with started(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline() == "at work\n"
        alive = living()
        assert len(alive) == 4
        assert len(launcher(alive - {parent.pid})) == 1
        for number in alive:
            assert listening(number) <= {"0100007F"}, "beyond 127.0.0.1"
        # Only the parent tells Prefect how far they are, and nothing is drawn before a checkpoint.
        assert loaded("orjson", alive) == {parent.pid}
        assert loaded("matplotlib", alive - {parent.pid}) == set()
        parent.kill()
        wait_until(lambda: not living(), "the end of all processes")


@pytest.mark.parametrize(
    ("ends", "first", "told"),
    [
        ([-signal.SIGKILL, LOST], 1, "process 0 of the 2 of the training was ended by SIGKILL"),
        ([LOST, -signal.SIGTERM], 1, "process 1 of the 2 of the training was ended by SIGTERM"),
        ([DONE, LOST], 1, "process 1 of the 2 of the training ended with exit code 71"),
    ],
)
def test_the_process_that_failed_by_itself_is_named(ends, first, told):
    assert told in str(ranks_module._why(1, ends, first, "", 2))


# The first of the processes begins, and the system has no place for the second one.
SHORT_OF_PROCESSES = """
import os, sys, time
from tasks.training import launcher

def start_processes(*_, **__):
    start(wait_for_ever, nprocs=1, join=False, start_method="fork")
    raise BlockingIOError("no process is left")

def wait_for_ever(rank):
    time.sleep(100_000)

start, launcher.start_processes = launcher.start_processes, start_processes
launcher.main()
"""


def test_a_launcher_that_cannot_start_a_second_process_says_why_and_waits_for_none(tmp_path):
    order = RankOrder(order=Order(until=1, epochs=1), run=tmp_path, processes=2, store=tmp_path / "store")
    command = [sys.executable, "-c", SHORT_OF_PROCESSES, order.model_dump_json()]
    log = tmp_path / "log"
    with log.open("wb") as said, started(command, stdout=said, stderr=said) as launcher:
        assert launcher.wait(PATIENCE_S) == FAILED
    assert "BlockingIOError: no process is left" in log.read_text()


def test_a_mistake_of_the_user_is_told_as_by_one_process(fresh, tmp_path):
    lacking = tmp_path / "vectors.parquet"
    with pytest.raises(OptionError, match=r"the file .*vectors\.parquet is not there \(--features\)"):
        train.fn(fresh("mistaken").root, until=2, epochs=2, features=lacking, processes=2)


def test_two_processes_go_on_with_a_pretrained_front_where_that_is_not_installed(
    pretrained, fresh, monkeypatch
):
    both = {"clustering": "matching", "description": "edges", "front": "both"}
    reference, layout = fresh("one-sees", **both), fresh("two-see", **both)
    go_on(reference, 2, processes=1)
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PRETRAINED))
        go_on(layout, 1, processes=2)
    pretrained.undo()
    go_on(layout, 2, processes=2)
    assert_alike(layout, reference, epochs=2)
    one, two = (checkpoints.load(run, 2)["training"]["network"] for run in (reference, layout))
    front = [name for name in one if name.startswith("features.0.")]
    assert len(front) == 66
    assert all(torch.equal(one[name], two[name]) for name in front)
