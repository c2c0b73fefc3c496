"""Which files were written since, told by a time that no clock gives: those of file systems can be coarse."""

import os
from collections.abc import Iterable
from pathlib import Path

LONG_AGO_S = 1_000_000_000


def make_old(paths: Iterable[Path]) -> set[Path]:
    """Give files and folders a time of writing long ago, and return which they are."""
    found = set(paths)
    for path in found:
        os.utime(path, (LONG_AGO_S, LONG_AGO_S))
    return found


def written_since(paths: Iterable[Path]) -> set[Path]:
    """Return which of some files and folders were written since they were made old, or are new."""
    return {path for path in paths if path.stat().st_mtime != LONG_AGO_S}
