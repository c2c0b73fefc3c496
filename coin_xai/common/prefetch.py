"""Prepares what comes next in threads, while the caller works on what came before."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def prefetch(prepare: Callable[[T], R], items: Iterable[T], *, workers: int = 1) -> Generator[R, None, None]:
    """Yield `prepare(item)` of each item, in their order; never more than `workers` + 1 wait prepared.

    An error of `prepare` reaches the caller when its item's turn comes. Whoever stops early waits only for
    what is being prepared at that moment.
    """
    waiting: deque[Future[R]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="ahead") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(prepare, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
