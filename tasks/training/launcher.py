"""Starts the processes that train together, out of one that has imported for all of them what they need.

It computes nothing and touches no GPU. It ends when they have ended; when one fails it ends the others, and
tells how each of them ended.
"""

import os
import sys
import traceback

import torch
import torch._dynamo  # DistributedDataParallel imports the compiler, in each process by itself
from torch.multiprocessing.spawn import ProcessExitedException, start_processes

from tasks.training.messages import DONE, FAILED, say
from tasks.training.order import RankOrder
from tasks.training.rank import work


def main() -> None:
    """Have them train as the one argument says."""
    asked = RankOrder.model_validate_json(sys.argv[1])
    # A driver of GPUs that is at work does not bear a fork, nor does what macOS brings with Python.
    how = "fork" if sys.platform == "linux" and not torch.cuda.is_available() else "spawn"
    try:
        processes = start_processes(  # type: ignore[no-untyped-call]
            work, (asked,), nprocs=asked.processes, join=False, start_method=how
        )
        while not processes.join():
            pass
    except ProcessExitedException as error:
        say(ends=[process.exitcode for process in processes.processes], first=error.error_index)
        os._exit(FAILED)
    except BaseException:
        # To end as Python does would wait for those that have begun, and they wait for the others.
        traceback.print_exc()
        os._exit(FAILED)
    os._exit(DONE)


if __name__ == "__main__":
    main()
