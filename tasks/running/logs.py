"""What the log of a flow run holds: what our own modules say, and not that each task has completed."""

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

OURS = ("coin_xai", "storage", "tasks", "flows")
"""The loggers of our own packages."""

PROGRESS = "tasks.running.progress"
"""The logger that says how far the work is."""

TASK_RUNS = "prefect.task_runs"
OF_CONNECTIONS = ("prefect.events.clients", "prefect._internal.concurrency", "EventsWorker")
NOTHING_NEW = ("Finished in state Completed", "Finished in state Skipped")


class _News(logging.Filter):
    """Keeps out the message that a task has ended well."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a message says more than that."""
        return not record.getMessage().startswith(NOTHING_NEW)


class _Once(logging.Filter):
    """Lets the first message through that a server is away; each event that waits would add one."""

    def __init__(self) -> None:
        super().__init__()
        self._said: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether nothing was said from this place before."""
        place = f"{record.name}:{record.lineno}"
        new = place not in self._said
        self._said.add(place)
        return new


@contextmanager
def flow_run_logs() -> Iterator[None]:
    """While a flow runs, let what our modules log at INFO arrive, and little of what says nothing.

    Prefect gives loggers that it is told of (`logging.extra_loggers`) a handler and no level, so that the
    root's counts, which is WARNING. A level that somebody has set stays.
    """
    with ExitStack() as stack:
        for name in OURS:
            logger = logging.getLogger(name)
            if logger.level == logging.NOTSET:
                logger.setLevel(logging.INFO)
                stack.callback(logger.setLevel, logging.NOTSET)
        stack.enter_context(_filtered(TASK_RUNS, _News()))
        once = _Once()
        for name in OF_CONNECTIONS:
            stack.enter_context(_filtered(name, once))
        yield


@contextmanager
def _filtered(name: str, rule: logging.Filter) -> Iterator[None]:
    logger = logging.getLogger(name)
    logger.addFilter(rule)
    try:
        yield
    finally:
        logger.removeFilter(rule)
