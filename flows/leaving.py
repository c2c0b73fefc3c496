"""Leave a process as soon as its work has ended."""

import logging
import os
import sys
from typing import NoReturn

SECONDS_TO_TELL = 2.0
"""How long others may take for the last events, the last lines of the log, and the last metrics, each."""

WORKERS = (("prefect.logging.handlers", "APILogWorker"), ("prefect.events.worker", "EventsWorker"))


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
    for module, worker in (
        ("prefect.logging.handlers", "APILogWorker"),
        ("prefect.events.worker", "EventsWorker"),
    ):
        if module in sys.modules:  # a process that never imported Prefect has nothing to tell it
            getattr(sys.modules[module], worker).drain_all(timeout=SECONDS_TO_TELL)
    if "opentelemetry.metrics" in sys.modules:
        # Only a provider that was set up can be flushed; the API alone has no such method.
        flush = getattr(sys.modules["opentelemetry.metrics"].get_meter_provider(), "force_flush", None)
        if flush is not None:
            flush(timeout_millis=1000 * SECONDS_TO_TELL)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
