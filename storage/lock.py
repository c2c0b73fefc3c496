"""One kernel lock per folder: the kernel drops it when its holder dies, however it dies."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from storage.errors import RunBusyError


@contextmanager
def holding(path: Path) -> Iterator[None]:
    """Hold the lock file exclusively; its content tells others who does.

    Raises:
        RunBusyError: another process holds it; returns at once and names the holder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "an unknown process"
            raise RunBusyError(
                f"{path.parent} is being worked on by {holder}; wait for it or stop it"
            ) from None
        file.truncate(0)
        since = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(f"process {os.getpid()} on {socket.gethostname()} since {since}\n")
        file.flush()
        yield
