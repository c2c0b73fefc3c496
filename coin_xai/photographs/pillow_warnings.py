"""Keeps Pillow quiet about what is decided here: large photographs, and slightly damaged metadata."""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

_lock = threading.Lock()
_inside = 0
_undo: list[Callable[[], None]] = []


@contextmanager
def without_pillow_warnings() -> Iterator[None]:
    """Ignore the warnings that Pillow's own modules give, in any number of threads at once.

    `warnings.catch_warnings` puts back the filters of the whole process, so of two threads that are inside
    at once one brings back what the other had set. Here the first one in adds one filter, for Pillow alone,
    and the last one out takes away that filter and nothing else.
    """
    global _inside
    with _lock:
        if _inside == 0:
            _undo.append(_ignore_pillow())
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _undo.pop()()


def _ignore_pillow() -> Callable[[], None]:
    warnings.filterwarnings("ignore", module=r"PIL\.")
    filters = cast(list[Any], warnings.filters)
    added = filters[0]

    def remove() -> None:
        # Meanwhile the list may have been exchanged for a copy, filter included, by a catch_warnings.
        for one in (filters, cast(list[Any], warnings.filters)):
            if added in one:
                one.remove(added)

    return remove
