"""Work that follows other work: it runs in a thread behind it, piece after piece, in order.

What is handed over lies on disk, so nothing is held in memory however far the work behind falls back.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context

MOST_WAITING = 4

_stopping: ContextVar[threading.Event | None] = ContextVar("stopping", default=None)


class StoppedError(BaseException):
    """The work that this one follows has ended by an exception; no failure of its own."""


@contextmanager
def following() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Yield a function that has a piece of work done behind; leaving waits until all of it is done.

    A piece runs in the context of whoever hands it over, so tasks in it belong to the same flow run. The
    function waits while MOST_WAITING pieces are not done, and raises what an earlier one raised. When the
    block ends by an exception, pieces that wait are dropped and the one at work is stopped: it must call
    `go_on` now and then.
    """
    stopping = threading.Event()
    pieces: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="following") as pool:

        def follow(piece: Callable[[], None]) -> None:
            while pieces and (pieces[0].done() or len(pieces) >= MOST_WAITING):
                pieces.popleft().result()
            context = copy_context()
            context.run(_stopping.set, stopping)
            pieces.append(pool.submit(context.run, piece))

        try:
            yield follow
            while pieces:
                pieces.popleft().result()
        except BaseException:
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def go_on() -> None:
    """Do nothing, unless this is work that follows and is to be stopped.

    Raises:
        StoppedError: it is.
    """
    stopping = _stopping.get()
    if stopping is not None and stopping.is_set():
        raise StoppedError
