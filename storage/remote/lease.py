"""Who works on a run in a store: one working copy at a time.

A store has no locks that a kernel would drop, so a holder writes until when he holds the run, and renews
that. Leases are numbered. Whoever finds the highest one expired creates the next, which the store lets only
one do (a conditional write: `If-None-Match: *` of S3); the highest is never removed, so numbers never return.
"""

import json
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storage.errors import DamagedError, PlaceError, RunBusyError, UnreachableError
from storage.remote.store import OWN, RemoteRun, parsed

log = logging.getLogger(__name__)

FOLDER = f"{OWN}/lease"
HELD_S = 300.0
RENEWED_EVERY_S = 60.0

CLOCKS_DIFFER_S = 60.0
"""By so much the clocks of two machines may differ."""


@dataclass
class Lease:
    """A run held by this process; made by `leasing`."""

    remote: RemoteRun
    number: int
    content: dict[str, str]
    renewed: float
    lost: str | None = None

    def require(self) -> None:
        """Do nothing, as long as the run is ours.

        Raises:
            RunBusyError: it is not any more.
        """
        if self.lost is None and time.monotonic() - self.renewed > HELD_S:
            self.lost = f"{self.remote.url} could not be held on to for {HELD_S:.0f} s"
        if self.lost is not None:
            raise RunBusyError(
                f"{self.lost}; what is done so far lies in the working copy: run the same command again"
            )

    def renew(self) -> None:
        """Hold on for another while.

        Raises:
            RunBusyError: another process has taken the run.
            UnreachableError: the store does not answer.
        """
        if max(_numbers(self.remote), default=0) != self.number:
            self.lost = f"{self.remote.url} was taken over by another process, which found this one silent"
        self.require()
        begun = time.monotonic()
        self.remote.write(_name(self.number), _encoded(self.content))
        self.renewed = begun


@contextmanager
def leasing(remote: RemoteRun, copy: str) -> Iterator[Lease]:
    """Hold a run of a store, and hold on to it in a thread, until the block ends.

    Args:
        remote: the run, to be held.
        copy: identifies the working copy; a lease that the same copy left behind is taken over at once, since
            only one process holds the copy's own lock.

    Raises:
        RunBusyError: another one holds it; names the holder.
        PlaceError: the store does not know conditional writes, so nobody can be kept out.
        DamagedError: the lease cannot be read.
        MissingError: the bucket is not there.
        UnreachableError: the store does not answer.
    """
    lease = _take(remote, copy)
    ended = threading.Event()
    keeper = threading.Thread(
        target=copy_context().run, args=(_hold_on, lease, ended), name="lease", daemon=True
    )
    keeper.start()
    try:
        yield lease
    finally:
        ended.set()
        keeper.join()
        if lease.lost is None:
            try:
                remote.write(_name(lease.number), _encoded(lease.content, seconds=0))
            except UnreachableError as error:
                log.warning("the lease of %s ends by itself in %.0f s (%s)", remote.url, HELD_S, error)


def _hold_on(lease: Lease, ended: threading.Event) -> None:
    while not ended.wait(RENEWED_EVERY_S):
        try:
            lease.renew()
        except RunBusyError as error:
            log.warning("%s", error)
            return
        except UnreachableError as error:
            url = lease.remote.url
            log.warning("the lease of %s was not renewed and will be tried again (%s)", url, error)


def _take(remote: RemoteRun, copy: str) -> Lease:
    last = max(_numbers(remote), default=0)
    if last:
        _require_free(remote, last, copy)
    since = datetime.now(UTC).isoformat(timespec="seconds")
    # A value of its own, so that two processes never write the same.
    content = {
        "copy": copy,
        "holder": f"process {os.getpid()} on {socket.gethostname()} since {since}",
        "taken": secrets.token_hex(8),
    }
    number, begun = last + 1, time.monotonic()
    if not remote.create(_name(number), _encoded(content)):
        raise RunBusyError(f"{remote.url} is taken by another process this instant; wait for it or stop it")
    if remote.create(_name(number), _encoded(content)):
        remote.remove([_name(number)])
        raise PlaceError(
            f"the store of {remote.url} writes over what is there although told not to, so two machines "
            "could work on one run; choose a store that knows conditional writes (If-None-Match), or a folder"
        )
    numbers = _numbers(remote)
    if max(numbers) != number:
        remote.remove([_name(number)])
        raise RunBusyError(f"{remote.url} is taken by another process this instant; wait for it or stop it")
    remote.remove([_name(other) for other in numbers if other < number])
    return Lease(remote, number, content, begun)


def _require_free(remote: RemoteRun, number: int, copy: str) -> None:
    found = parsed(remote.read(_name(number)))
    try:
        holder, until = str(found["holder"]), datetime.fromisoformat(found["until"])  # type: ignore[index]
        left = until - datetime.now(UTC)
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError(
            f"{remote.url}/{_name(number)} cannot be read; remove it if nobody works on the run"
        ) from error
    if found is None or found.get("copy") == copy or until == _released():
        return
    if left > -timedelta(seconds=CLOCKS_DIFFER_S):
        shown = holder if holder.isprintable() else repr(holder)
        raise RunBusyError(
            f"{remote.url} is being worked on by {shown}; wait for it or stop it. Should that machine be "
            f"gone, the run is free in {left.total_seconds() + CLOCKS_DIFFER_S:.0f} s"
        )


def _released() -> datetime:
    return datetime.fromtimestamp(0, UTC)


def _encoded(content: dict[str, str], *, seconds: float = HELD_S) -> bytes:
    until = datetime.now(UTC) + timedelta(seconds=seconds) if seconds else _released()
    return json.dumps({**content, "until": until.isoformat()}, indent=1, sort_keys=True).encode()


def _numbers(remote: RemoteRun) -> list[int]:
    stems = [name.removeprefix(f"{FOLDER}/").removesuffix(".json") for name in remote.sizes(FOLDER)]
    return [int(stem) for stem in stems if stem.isascii() and stem.isdigit()]


def _name(number: int) -> str:
    return f"{FOLDER}/{number:08d}.json"
