"""What a worker starts for each flow run: Prefect's engine, which leaves as soon as the run has ended.

    python -m flows.engine

An interpreter that imported PyTorch takes seconds to tear itself down. Nothing is lost by leaving before: the
flow has cleaned up after itself, and what lies on disk is whole at any moment.
"""

import logging
import os
import runpy
import sys
import traceback
from typing import NoReturn

from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker

SECONDS_TO_TELL = 2.0
"""How long a server may take for the last events and for the last lines of the log, each."""


def main() -> NoReturn:
    """Run the flow run that the environment names, and leave with the exit code of Prefect's engine."""
    code = 0
    try:
        runpy.run_module("prefect.engine", run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    leave(code)


def leave(code: int) -> NoReturn:
    """End this process at once; only the server hears the last of it before."""
    for worker in (APILogWorker, EventsWorker):
        worker.drain_all(timeout=SECONDS_TO_TELL)
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
