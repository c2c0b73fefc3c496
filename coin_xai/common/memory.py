"""Memory that one batch frees is kept for the next one, instead of given back to the kernel."""

import ctypes
import logging
import sys

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
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # musl has none
        return False
    kept = bool(mallopt(M_MMAP_THRESHOLD, LARGEST_BLOCK)) and bool(mallopt(M_TRIM_THRESHOLD, LARGEST_INT))
    log.debug("freed memory is %s", "kept" if kept else "given back: the allocator refused")
    return kept
