import io
import logging

import pytest
from rich.console import Console

from flows.command_line import terminal
from flows.command_line.terminal import logging_to_terminal
from tasks.running.logs import PROGRESS


@pytest.fixture
def on(monkeypatch):
    """Return all that is printed while something is logged, in a terminal or without one."""

    def log_to(*, is_terminal, verbose=False):
        file = io.StringIO()
        monkeypatch.setattr(terminal, "errors", Console(file=file, force_terminal=is_terminal, width=100))
        monkeypatch.setattr("sys.stderr", file)
        with logging_to_terminal(verbose=verbose):
            logging.getLogger(PROGRESS).info("train: 40%%")
            logging.getLogger("tasks.train").info("epoch 3")
            logging.getLogger("tasks.train").warning("loss rises")
        return file.getvalue()

    return log_to


def test_where_nobody_watches_the_log_tells_how_far_the_work_is(on):
    assert on(is_terminal=False) == "train: 40%%\nloss rises\n"


def test_a_terminal_shows_it_otherwise(on):
    for verbose in (False, True):
        said = on(is_terminal=True, verbose=verbose)
        assert "train: 40" not in said
        assert "loss rises" in said
        assert ("INFO" in said) == verbose


def test_levels_are_afterwards_as_they_were(on):
    before = logging.getLogger(PROGRESS).level
    on(is_terminal=False)
    assert logging.getLogger(PROGRESS).level == before
