"""Files that are either whole and new, or as they were before: never half written."""

import errno
import io
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from storage.errors import NoSpaceError

TEMPORARY_SUFFIX = ".coin-xai-tmp"  # what a killed process leaves behind; safe to delete when nobody writes
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def explaining_full_disk(path: Path, *, bytes_needed: int | None = None) -> Iterator[None]:
    """Turn "no space left on device" inside the block into an error that names the file.

    Args:
        path: what is being written.
        bytes_needed: how much it takes, where that is known.

    Raises:
        NoSpaceError: the disk or the quota is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        need = "" if bytes_needed is None else f" ({bytes_needed:,} bytes)"
        raise NoSpaceError(
            f"no space left to write {path}{need}; "
            "free some space on that disk or choose a folder on another one"
        ) from error


@contextmanager
def replacing(path: Path, *, bytes_needed: int | None = None) -> Iterator[Path]:
    """Yield a temporary file name in the same folder; what is written there becomes `path` in one step.

    Whatever goes wrong in the block, the old file stays and the temporary one is removed.

    Args:
        path: the file to replace or make; its folder must exist.
        bytes_needed: how much it takes, where that is known.

    Raises:
        NoSpaceError: the disk is full.
    """
    temporary = path.with_name(f".{uuid.uuid4().hex}{TEMPORARY_SUFFIX}")
    try:
        with explaining_full_disk(path, bytes_needed=bytes_needed):
            yield temporary
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
    finally:
        # After the rename there is nothing of that name left.
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Write a file that outlives a power failure and is never seen half written.

    Raises:
        NoSpaceError: the disk is full.
    """
    with replacing(path, bytes_needed=len(data)) as temporary:
        temporary.write_bytes(data)


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table as Parquet, index included, in the manner of `write_bytes`.

    Raises:
        NoSpaceError: the disk is full.
    """
    buffer = io.BytesIO()
    frame.to_parquet(buffer, engine="pyarrow")
    write_bytes(path, buffer.getbuffer())


def sync(path: Path) -> None:
    """Make the bytes of a file, or the names in a folder, outlive a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems refuse to sync a folder; what is in its files is safe by then.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
