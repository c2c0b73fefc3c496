"""Works on many things a few at a time, on all processors."""

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

from coin_xai.common.prefetch import prefetch
from coin_xai.common.threads import one_thread

MOST_WORKERS = 8

T = TypeVar("T")


def by_blocks(work: Callable[[range], T], count: int, *, size: int) -> Iterator[tuple[range, T]]:
    """Yield blocks of positions that follow each other, each with what the work makes of it.

    Blocks are divided among threads, each of which computes alone, so that no number depends on how many
    processors there are.

    Args:
        work: is given the positions of a block.
        count: how many positions there are.
        size: of a block; the last one may be smaller.
    """
    blocks = [range(start, min(start + size, count)) for start in range(0, count, size)]
    workers = min(MOST_WORKERS, len(os.sched_getaffinity(0)))
    with one_thread():
        yield from zip(blocks, prefetch(work, blocks, workers=workers), strict=True)
