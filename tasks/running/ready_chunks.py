"""Work that follows other work: it runs in a thread behind it, piece after piece, in order.

What is handed over lies on disk, so nothing is held in memory however far the work behind falls back.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context

MOST_WAITING = 4

_stopping: ContextVar[threading.Event | None] = ContextVar("stopping", default=None)


class StoppedError(BaseException):
    """The work that this one follows has ended without what it needs; no failure of its own."""


class ReadyChunks:
    """Tells work that follows which pieces are ready; made by `ready_chunks`."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._ready: set[Hashable] = set()
        self._closed = False

    def add(self, piece: Hashable) -> None:
        """Say that a piece is ready."""
        with self._change:
            self._ready.add(piece)
            self._change.notify_all()

    def close(self) -> None:
        """Say that nothing more will be ready."""
        with self._change:
            self._closed = True
            self._change.notify_all()

    def wait_for(self, piece: Hashable) -> None:
        """Wait until a piece is ready.

        Raises:
            StoppedError: it never will be.
        """
        with self._change:
            self._change.wait_for(lambda: piece in self._ready or self._closed)
            if piece not in self._ready:
                raise StoppedError


@contextmanager
def ready_chunks() -> Iterator[ReadyChunks]:
    """Yield a set of ready chunks that is closed when the block ends, however it ends."""
    ready = ReadyChunks()
    try:
        yield ready
    finally:
        ready.close()


@contextmanager
def working_behind() -> Iterator[Callable[[Callable[[], None]], None]]:
    """Yield a function that has a piece of work done behind; leaving waits until all of it is done.

    A piece runs in the context of whoever hands it over, so tasks in it belong to the same flow run. The
    function waits while MOST_WAITING pieces are not done, and raises what an earlier one raised. When the
    block ends by an exception, pieces that wait are dropped and the one at work is stopped: it must call
    `raise_if_cancelled` now and then.
    """
    stopping = threading.Event()
    pieces: deque[Future[None]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="following") as pool:

        def submit(piece: Callable[[], None]) -> None:
            while pieces and (pieces[0].done() or len(pieces) >= MOST_WAITING):
                pieces.popleft().result()
            context = copy_context()
            context.run(_stopping.set, stopping)
            pieces.append(pool.submit(context.run, piece))

        try:
            yield submit
            while pieces:
                pieces.popleft().result()
        except BaseException:
            stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def raise_if_cancelled() -> None:
    """Do nothing, unless this is work that follows and is to be stopped.

    Raises:
        StoppedError: it is.
    """
    stopping = _stopping.get()
    if stopping is not None and stopping.is_set():
        raise StoppedError
