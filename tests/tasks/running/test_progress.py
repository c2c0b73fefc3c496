import io
import logging

import pytest
from rich.console import Console

from tasks.running.logs import PROGRESS
from tasks.running.progress import expect, in_one_view, in_terminal, plan, stage


def terminal():
    return Console(file=io.StringIO(), force_terminal=True, width=80)


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def said(caplog):
    """Return the lines so far."""
    caplog.set_level(logging.INFO, PROGRESS)
    return lambda: [record.getMessage() for record in caplog.records if record.name == PROGRESS]


def test_each_stage_is_a_row_that_counts_photographs():
    console = terminal()
    with in_terminal(console), stage("train", 3) as advance:
        advance(1)
        advance(2)
    last = console.file.getvalue()
    assert "train" in last
    assert "3/3" in last


def test_a_stage_that_comes_again_goes_on_in_its_row():
    console = terminal()
    with in_terminal(console):
        for _ in range(2):
            with stage("load", 5) as advance:
                advance(5)
    assert "10/10" in console.file.getvalue()


def test_without_a_terminal_nothing_is_drawn():
    console = Console(file=io.StringIO(), force_terminal=False)
    with in_terminal(console), stage("load", 5) as advance:
        advance(5)
    assert console.file.getvalue().strip() == ""


def test_what_runs_without_a_view_leaves_no_row_in_a_later_one():
    with stage("load", 1) as advance:
        advance(1)
    console = terminal()
    with in_terminal(console), stage("load", 5) as advance:
        advance(5)
    assert "5/5" in console.file.getvalue()


def test_a_log_has_a_line_a_stage_and_no_more_than_one_in_ten_seconds(said):
    clock = Clock()
    with in_one_view(clock):
        for name in ("ingest", "train"):
            with stage(name, 41) as advance:
                for _ in range(41):
                    clock.now += 0.5
                    advance(1)
    assert said() == [
        "ingest: 49% (20 of 41), 2.0 coins/s, 0:00:10 left",
        "ingest: 98% (40 of 41), 2.0 coins/s, 0:00:00 left",
        "ingest: done in 0:00:20, 2.0 coins/s",
        "train: 49% (20 of 41), 2.0 coins/s, 0:00:10 left",
        "train: 98% (40 of 41), 2.0 coins/s, 0:00:00 left",
        "train: done in 0:00:20, 2.0 coins/s",
    ]


def test_a_stage_in_many_pieces_is_over_with_the_last_one(said):
    with in_one_view(Clock()):
        expect("load", 9)
        for _ in range(3):
            with stage("load", 3) as advance:
                advance(3)
    assert said() == ["load: done in 0:00:00"]


def test_a_stage_that_comes_again_at_once_is_not_said_again(said):
    with in_one_view(Clock()):
        for _ in range(5):
            with stage("cut clusters", 3) as advance:
                advance(3)
    assert len(said()) == 1


def test_a_stage_that_fails_is_not_said_to_be_done(said):
    def fail():
        with stage("train", 1) as advance:
            advance(1)
            raise OSError("disk")

    with in_one_view(Clock()), pytest.raises(OSError, match="disk"):
        fail()
    assert said() == []


def test_what_is_to_come_and_what_is_passed_over_stand_in_the_rows():
    console = terminal()

    def work():
        plan(["ingest", "find coins", "train", "load"])
        with stage("ingest", 2) as advance:
            advance(2)
        with stage("train", 2) as advance:
            advance(2)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), in_terminal(console):
        work()
    *_, rows = console.file.getvalue().split("ingest")
    _ingest, found, train, load, total = rows.splitlines()[:5]
    assert "nothing to do" in found
    assert "2/2" in train
    assert "to come" in load
    assert "3 of 4 stages are over" in total
