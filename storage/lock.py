"""One kernel lock per folder: the kernel drops it when its holder dies, however it dies."""

import fcntl
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path

from storage.atomic import explaining_full_disk
from storage.errors import PlaceError, RunBusyError

SECONDS_TO_SIGN = 0.1


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold the lock file exclusively; its content tells others who does.

    Programs that are started meanwhile do not inherit the lock. Forked processes do (the workers of a
    PyTorch DataLoader, of which coin-xai starts none): one that outlives a killed holder holds on.

    Raises:
        RunBusyError: another process holds it; does not wait for it and names the holder.
        PlaceError: the folder cannot be written, or its file system knows no locks.
        NoSpaceError: the disk is full.
    """
    with _open(path) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunBusyError(
                f"{path.parent} is being worked on by {_holder(file)}; wait for it or stop it"
            ) from None
        except OSError as error:
            raise PlaceError(
                f"{path} cannot be locked ({error.strerror}); choose a folder on a file system that has locks"
            ) from error
        try:
            since = datetime.now(UTC).isoformat(timespec="seconds")
            with explaining_full_disk(path):
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()} since {since}\n".encode())
            yield
        finally:
            # Closing alone would leave it to a forked process that has the file open still.
            fcntl.flock(file, fcntl.LOCK_UN)


def _open(path: Path) -> FileIO:
    try:
        with explaining_full_disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            return path.open("ab+", buffering=0)
    except OSError as error:
        raise PlaceError(
            f"{path} cannot be written ({error.strerror}); choose a folder that can be written to"
        ) from error


def _holder(file: FileIO) -> str:
    # Who took the lock this instant has not signed yet; the name of the holder before may still stand there.
    time.sleep(SECONDS_TO_SIGN)
    file.seek(0)
    return file.read().decode(errors="replace").strip() or "an unknown process"
