"""Memory that one batch frees is kept for the next one, instead of given back to the kernel."""

import ctypes
import logging
import sys
from collections.abc import Callable

log = logging.getLogger(__name__)

# Of glibc's malloc.h.
M_TRIM_THRESHOLD = -1
M_MMAP_THRESHOLD = -3
LARGEST_BLOCK = 1 << 30
LARGEST_INT = (1 << 31) - 1


def keep_freed_memory() -> bool:
    """Tell this process's allocator to keep freed blocks, and return whether it took the advice.

    Learning from a batch, or explaining it, allocates and frees hundreds of megabytes of activations. glibc
    maps each block anew and the kernel fills it with zeros, which took a tenth of the time of learning on a
    processor. Other allocators than glibc's are left alone. Has no effect on results.
    """
    mallopt = _of_the_allocator("mallopt")
    if mallopt is None:
        return False
    kept = bool(mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)) and bool(mallopt(M_TRIM_THRESHOLD, LARGEST_INT))
    log.debug("freed memory is %s", "kept" if kept else "given back: the allocator refused")
    return kept


def give_back_freed_memory() -> None:
    """Give what is free back to the kernel once, after work whose like does not come again."""
    trim = _of_the_allocator("malloc_trim")
    if trim is not None:
        trim(0)


def _of_the_allocator(name: str) -> Callable[..., int] | None:
    """Return a function of glibc's allocator; other systems have none of that name."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        found: Callable[..., int] = getattr(ctypes.CDLL(None), name)
    except (OSError, AttributeError):  # musl
        return None
    return found
