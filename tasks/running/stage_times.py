"""What each stage of a run costs: seconds, memory and bytes, taken down in the run by each process.

What a process costs between two moments belongs to the stages that were at work then. Where two were, as
`transform` and `load` are, it belongs to both together, under both names: no clock can tell which of them a
second was spent for. A stage inside of another belongs to the outer one. What other processes have spent for
a stage is added to it where they tell (`measured`, `charge`).
"""

import logging
import os
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, TypeVar

from storage.errors import StorageError
from storage.layout import RunLayout
from tasks.running.kept_times import StageTimes, new_file, write_times

log = logging.getLogger(__name__)

BETWEEN = "between stages"
JOINED = " + "
_BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024

_ledger: ContextVar["StageLedger | None"] = ContextVar("ledger", default=None)
_inside: ContextVar[bool] = ContextVar("inside", default=False)

T = TypeVar("T")
R = TypeVar("R")


class Cost(NamedTuple):
    """What a process has cost since it began; the processors of what it started and awaited stand apart."""

    wall_s: float
    processor_s: float
    written_bytes: int | None
    children_s: float = 0.0


class Spent(NamedTuple):
    """What a piece of work has cost the process that did it."""

    processor_s: float
    written_bytes: int | None
    peak_bytes: int


class StageLedger:
    """Takes down what stages cost, in memory until the run is known."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: list[str] = []
        self._last = cost_of_process()
        self._children_apart = False
        self._found: dict[str, StageTimes] = {}
        self._file: Path | None = None

    @contextmanager
    def kept_in(self, layout: RunLayout) -> Iterator[None]:
        """Keep in a run what was taken down and what a block costs, written at the end of each stage."""
        self._file = new_file(layout)
        try:
            yield
        finally:
            with self._lock:
                self._settle()
                if {*self._found} != {BETWEEN}:
                    self._write()
                self._file = None

    def begin(self, stage: str) -> None:
        """Begin a stage."""
        with self._lock:
            self._settle()
            self._at_work.append(stage)

    def end(self, stage: str) -> None:
        """End a stage, and write what is known."""
        with self._lock:
            self._settle()
            self._at_work.remove(stage)
            self._write()

    def charge(self, spent: Spent) -> None:
        """Add what another process has spent to the stage at work."""
        with self._lock:
            self._settle()
            self._add(spent, wall_s=0.0)

    def set_children_apart(self, apart: bool) -> None:
        """Count the processors of processes that were started and awaited from now on, or do not."""
        with self._lock:
            self._settle()
            self._children_apart = apart

    def _settle(self) -> None:
        now, last = cost_of_process(), self._last
        children_s = 0.0 if self._children_apart else now.children_s - last.children_s
        written = None
        if now.written_bytes is not None and last.written_bytes is not None:
            written = now.written_bytes - last.written_bytes
        spent = Spent(now.processor_s - last.processor_s + children_s, written, _peak_bytes())
        self._add(spent, wall_s=now.wall_s - last.wall_s)
        self._last = now

    def _add(self, spent: Spent, *, wall_s: float) -> None:
        name = JOINED.join(sorted({*self._at_work})) or BETWEEN
        before = self._found.get(name, StageTimes(name, 0.0, 0.0, None, None))
        written = before.written_bytes
        if spent.written_bytes is not None:
            written = (written or 0) + spent.written_bytes
        self._found[name] = replace(
            before,
            wall_s=before.wall_s + wall_s,
            processor_s=before.processor_s + spent.processor_s,
            peak_bytes=max(before.peak_bytes or 0, spent.peak_bytes),
            written_bytes=written,
        )

    def _write(self) -> None:
        if self._file is None:
            return
        try:
            write_times(self._file, list(self._found.values()))
        except (OSError, StorageError) as error:
            # What is lost is a record of what work cost, and never the work.
            log.warning("%s cannot be written (%s), so runs --times will lack it", self._file, error)


@contextmanager
def taking_times() -> Iterator[StageLedger]:
    """Take down what the stages inside cost; `kept_in` says in which run."""
    ledger = StageLedger()
    token = _ledger.set(ledger)
    try:
        yield ledger
    finally:
        _ledger.reset(token)


@contextmanager
def times_of(stage: str) -> Iterator[None]:
    """Take down what a block costs, as a stage of that name; nothing is done where nobody takes times."""
    ledger = _ledger.get()
    if ledger is None or _inside.get():
        yield
        return
    token = _inside.set(True)
    ledger.begin(stage)
    try:
        yield
    finally:
        try:
            ledger.end(stage)
        finally:
            _inside.reset(token)


@contextmanager
def children_apart() -> Iterator[None]:
    """Leave out the processors of processes that are started and awaited inside: these tell by themselves."""
    ledger = _ledger.get()
    if ledger is None:
        yield
        return
    ledger.set_children_apart(True)
    try:
        yield
    finally:
        ledger.set_children_apart(False)


def measured(work: Callable[[T], R], order: T) -> tuple[R, Spent]:
    """Do some work, and return what it makes and what it has cost this process, which does nothing else."""
    before = cost_of_process()
    made = work(order)
    after = cost_of_process()
    written = None
    if after.written_bytes is not None and before.written_bytes is not None:
        written = after.written_bytes - before.written_bytes
    return made, Spent(after.processor_s - before.processor_s, written, _peak_bytes())


def charge(spent: Spent) -> None:
    """Add what another process has spent to the stage at work here, if anybody takes times."""
    ledger = _ledger.get()
    if ledger is not None:
        ledger.charge(spent)


def cost_of_process() -> Cost:
    """Return what this process has cost so far, and the processors of those that it started and awaited."""
    used = os.times()
    return Cost(
        wall_s=time.monotonic(),
        processor_s=used.user + used.system,
        written_bytes=_written(),
        children_s=used.children_user + used.children_system,
    )


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_OF_MAXRSS


def _written() -> int | None:
    """Return how many bytes were sent to disks; None where the system does not tell."""
    try:
        text = Path("/proc/self/io").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("write_bytes")), None)
