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
SECONDS_BETWEEN_TRIES = 0.5


@contextmanager
def holding(path: Path, *, shared: bool = False, patience_s: float = 0) -> Iterator[None]:
    """Hold the lock file alone, or with others who share it; its content tells who came last.

    Args:
        path: of the lock file.
        shared: hold it together with others who share it.
        patience_s: how many seconds to wait for others at most.

    Programs that are started meanwhile do not inherit the lock. Forked processes do (the workers of a
    PyTorch DataLoader, of which coin-xai starts none): one that outlives a killed holder holds on.

    Raises:
        RunBusyError: another process holds it, alone or while this one wants to be; names the holder.
        PlaceError: the folder cannot be written, or its file system knows no locks.
        NoSpaceError: the disk is full.
    """
    with _open(path) as file:
        try:
            while not _taken(file, shared=shared):
                if patience_s <= 0:
                    raise RunBusyError(
                        f"{path.parent} is being worked on by {_holder(file)}; wait for it or stop it"
                    )
                patience_s -= SECONDS_BETWEEN_TRIES
                time.sleep(SECONDS_BETWEEN_TRIES)
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


def require_text(path: Path) -> None:
    """Do nothing, if all libraries can open what lies there.

    Raises:
        PlaceError: the path is no UTF-8.
    """
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise PlaceError(
            f"the path {str(path)!a} is not UTF-8, and tables in it could not be read; choose another folder"
        ) from None


def _taken(file: FileIO, *, shared: bool) -> bool:
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> FileIO:
    require_text(path)
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
