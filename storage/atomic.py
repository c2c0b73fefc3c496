"""Writing such that a file is either as it was or whole, whenever the process dies or the power fails."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from storage.errors import NoSpaceError

if TYPE_CHECKING:
    import pandas as pd

TEMPORARY = ".tmp-"
"""How the names of half-written files begin; `storage.markers.sweep` removes what a killed process left."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path to write to; on success it becomes `path`, on any exception it vanishes.

    Raises:
        NoSpaceError: the disk is full; what stood at `path` stands there still.
    """
    # A name of its own, so that a second writer of the same file never renames what the first is writing.
    temporary = path.with_name(f"{TEMPORARY}{secrets.token_hex(4)}-{path.name}")
    try:
        with explaining_full_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as Parquet, without its index, whole or not at all."""
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False)


def sync(path: Path) -> None:
    """Make sure that a file or folder survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def explaining_full_disk(path: Path) -> Iterator[None]:
    """Turn the error of a full disk into one that says so."""
    try:
        yield
    except NoSpaceError:
        raise
    except Exception as error:
        if _comes_from_full_disk(error):
            raise NoSpaceError(
                f"the disk is full at {path}; free some space and run the same command again"
            ) from error
        raise


def _comes_from_full_disk(error: BaseException | None) -> bool:
    # PyTorch raises an error of its own while it handles that of the disk, so the whole chain is asked.
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False
