"""What a process of a training tells the one that started it: a line of JSON each, in its standard output."""

import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tasks.running.failures import passes_by_itself

MARK = "\x1e"
"""Comes before each message (RFC 7464); what libraries print has none."""
LONGEST_REASON = 2000
"""Letters; a line of this length is written in one piece, whoever else writes."""
STDOUT = 1
DONE, FAILED, ORPHANED, LOST = 0, 1, 70, 71
"""Exit codes: all is done; it told why; whoever started it is gone; another of the processes is."""


def say(**message: Any) -> None:
    """Send a message, values that JSON knows by name, as one line in one piece."""
    os.write(STDOUT, f"{MARK}{json.dumps(message)}\n".encode())


def say_error(error: BaseException, *, rank: int) -> None:
    """Tell of what ends this process."""
    reason = str(error)[:LONGEST_REASON]
    say(error=type(error).__name__, reason=reason, rank=rank, may_pass=passes_by_itself(error))


@contextmanager
def say_stage(description: str, total: int) -> Iterator[Callable[[int], None]]:
    """Do as `tasks.running.progress.stage` does, for whoever listens."""
    say(stage=description, total=total)
    yield lambda count: say(done=count)
    say(over=description)


def say_expected(description: str, more: int) -> None:
    """Do as `tasks.running.progress.expect` does, for whoever listens."""
    say(expected=description, more=more)


class SayingHandler(logging.Handler):
    """Sends what is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send a record."""
        say(log=record.name, level=record.levelno, text=record.getMessage())


def parse(line: str) -> tuple[str, dict[str, Any] | None]:
    """Return what else stands in a line, and the message in it, if there is one."""
    other, mark, content = line.partition(MARK)
    try:
        message = json.loads(content) if mark else None
    except ValueError:  # torn by what another process wrote
        message = None
    if not isinstance(message, dict):
        return line.replace(MARK, "").rstrip(), None
    return other.rstrip(), message
