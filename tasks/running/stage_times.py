"""What each stage of a run costs: seconds, memory and bytes, taken down in the run by each process.

What a process costs between two moments belongs to the stages that were at work then. Where two were, as
`transform` and `load` are, it belongs to both together, under both names: no clock can tell which of them a
second was spent for. A stage inside of another belongs to the outer one.
"""

import logging
import os
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple

from storage.errors import StorageError
from storage.layout import RunLayout
from tasks.running.kept_times import StageTimes, new_file, write_times

log = logging.getLogger(__name__)

BETWEEN = "between stages"
JOINED = " + "
_BYTES_OF_MAXRSS = 1 if sys.platform == "darwin" else 1024

_ledger: ContextVar["StageLedger | None"] = ContextVar("ledger", default=None)
_inside: ContextVar[bool] = ContextVar("inside", default=False)


class Cost(NamedTuple):
    """What a process has cost since it began."""

    wall_s: float
    processor_s: float
    written_bytes: int | None


class StageLedger:
    """Takes down what stages cost, in memory until the run is known."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: list[str] = []
        self._last = cost_of_process()
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

    def _settle(self) -> None:
        now = cost_of_process()
        name = JOINED.join(sorted({*self._at_work})) or BETWEEN
        before = self._found.get(name, StageTimes(name, 0.0, 0.0, None, None))
        written = before.written_bytes
        if now.written_bytes is not None and self._last.written_bytes is not None:
            written = (written or 0) + now.written_bytes - self._last.written_bytes
        self._found[name] = StageTimes(
            stage=name,
            wall_s=before.wall_s + now.wall_s - self._last.wall_s,
            processor_s=before.processor_s + now.processor_s - self._last.processor_s,
            peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_OF_MAXRSS,
            written_bytes=written,
        )
        self._last = now

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


def cost_of_process() -> Cost:
    """Return what this process has cost so far, with the processors of those that it started and awaited."""
    used = os.times()
    processor_s = used.user + used.system + used.children_user + used.children_system
    return Cost(time.monotonic(), processor_s, _written())


def _written() -> int | None:
    """Return how many bytes were sent to disks; None where the system does not tell."""
    try:
        text = Path("/proc/self/io").read_text()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("write_bytes")), None)
