"""Leave a process as soon as its work has ended."""

import logging
import os
import sys
from typing import NoReturn

from opentelemetry.metrics import get_meter_provider
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

SECONDS_TO_TELL = 2.0
"""How long others may take for the last events, the last lines of the log, and the last metrics, each."""


def leave(stop: SystemExit | None = None) -> NoReturn:
    """End this process at once, with the exit code of `stop`; only the server hears the last of it before.

    An interpreter that imported PyTorch takes seconds to tear itself down, and Prefect waits for minutes for
    a server that is away. Nothing is lost by leaving before: the work has cleaned up after itself, and what
    lies on disk is whole at any moment.
    """
    code = 0 if stop is None or stop.code is None else stop.code
    if not isinstance(code, int):  # a text, as the interpreter would print it
        print(code, file=sys.stderr)
        code = 1
    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=SECONDS_TO_TELL)
    # Only what was set up can be flushed; the API alone has no such method.
    flush = getattr(get_meter_provider(), "force_flush", None)
    if flush is not None:
        flush(timeout_millis=1000 * SECONDS_TO_TELL)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
