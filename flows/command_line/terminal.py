"""What the command line prints: results on one stream, what happens on the other."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.logging import RichHandler

from tasks.running.logs import OURS, PROGRESS

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def logging_to_terminal(*, verbose: bool) -> Iterator[None]:
    """Show what our own modules log; Prefect, which takes the root logger for itself, shows its own.

    How far the work is stands in the log where nobody watches, and always in Prefect's; a terminal shows it
    otherwise.
    """
    # A file of what happened has one line a message, however long.
    handler = RichHandler(console=errors, show_path=False) if errors.is_terminal else logging.StreamHandler()
    if errors.is_terminal:
        handler.addFilter(lambda record: record.name != PROGRESS)
    loggers, progress = [logging.getLogger(name) for name in OURS], logging.getLogger(PROGRESS)
    progress_level = progress.level
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.INFO if verbose else logging.WARNING)
        logger.addHandler(handler)
        logger.propagate = False
    progress.setLevel(logging.INFO)
    try:
        yield
    finally:
        progress.setLevel(progress_level)
        for logger, (level, propagate) in zip(loggers, before, strict=True):
            logger.setLevel(level)
            logger.removeHandler(handler)
            logger.propagate = propagate
