"""One of the processes that train together; `tasks.training.launcher` starts them."""

import logging
import os
import signal
import sys
import threading
import traceback
from datetime import timedelta
from typing import NoReturn

import torch
import torch.distributed

from coin_xai.optimisation.ranks import END, Ranks
from storage import runs
from tasks.running.progress import show_elsewhere
from tasks.training.messages import (
    DONE,
    FAILED,
    LOST,
    ORPHANED,
    SayingHandler,
    say_error,
    say_expected,
    say_stage,
)
from tasks.training.order import RankOrder
from tasks.training.segment import follow_here, train_here

# While the first process clusters, the others wait, however long it takes. A process that has ended is
# noticed by whoever started it, not by the time that passes.
LONGEST_WAIT = timedelta(days=30)


def work(rank: int, asked: RankOrder) -> NoReturn:
    """Be the process with that number and train as it is asked; tell of errors and end."""
    # PyTorch has it sent where the launcher is gone, and no process would be to blame for that.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    ranks = Ranks(rank, asked.processes)
    try:
        _work(asked, ranks)
    except BaseException as error:
        lost = isinstance(error, torch.distributed.DistError) or "gloo" in str(error)
        if not lost:
            say_error(error, rank=ranks.rank)
        traceback.print_exc()
        _leave(LOST if lost else FAILED)
    _leave(DONE)


def _leave(code: int) -> NoReturn:
    """End this process without the good-byes of libraries.

    After an error they wait for the others; after the work gloo's threads may abort a process whose
    checkpoint is kept and whose last word is said, and the training would count as failed.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _work(asked: RankOrder, ranks: Ranks) -> None:
    gpu = torch.cuda.is_available()
    if gpu:
        torch.cuda.set_device(ranks.rank)
    torch.distributed.init_process_group(
        "cpu:gloo,cuda:nccl" if gpu else "gloo",
        store=torch.distributed.FileStore(  # type: ignore[attr-defined]
            str(asked.store), ranks.count
        ),
        rank=ranks.rank,
        world_size=ranks.count,
        timeout=LONGEST_WAIT,
    )
    layout = runs.find(asked.run)
    if ranks.rank == 0:
        logging.basicConfig(level=logging.INFO, handlers=[SayingHandler()])
        show_elsewhere(say_stage, say_expected)
        train_here(layout, asked.order, ranks=ranks)
        ranks.tell(END)
    else:
        follow_here(layout, ranks)


def _end_with_parent() -> None:
    """End this process when nobody holds the other end of its standard input any more.

    The kernel closes it however its holder dies. Signals would not come as far: these processes are in a
    session of their own.
    """
    while os.read(0, 1):
        pass
    os._exit(ORPHANED)
