"""Batches as large as the memory allows: halved when it runs out, and remembered."""

import gc
import logging
from collections.abc import Callable
from typing import TypeVar

import torch

log = logging.getLogger(__name__)

Part = TypeVar("Part")

# How the allocators of PyTorch and oneDNN say it where it is not an OutOfMemoryError.
_COMPLAINTS = ("can't allocate memory", "not enough memory", "out of memory")


class Batches:
    """Splits work into parts that fit; the largest size that did is kept for the next call.

    Attributes:
        largest: the most photographs at once, or None while nothing failed.
    """

    def __init__(self) -> None:
        self.largest: int | None = None

    def do(self, total: int, work: Callable[[slice], Part]) -> list[Part]:
        """Do the work for photographs 0 to total, part by part, in order.

        Raises:
            Whatever the work raises; running out of memory only when a single photograph is too much.
        """
        parts: list[Part] = []
        start = 0
        while start < total:
            size = min(total - start, self.largest or total)
            try:
                parts.append(work(slice(start, start + size)))
            except (MemoryError, RuntimeError) as error:  # torch.OutOfMemoryError is a RuntimeError
                if size == 1 or not is_out_of_memory(error):
                    raise
                self.largest = size // 2
                log.warning("memory ran out at %d photographs at once; going on with %d", size, self.largest)
            else:
                start += size
                continue
            # Outside of the except clause, where the failed pass is no longer kept alive by its traceback.
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
        return parts


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error says that memory ran out, in whatever words."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return any(complaint in str(error).lower() for complaint in _COMPLAINTS)
