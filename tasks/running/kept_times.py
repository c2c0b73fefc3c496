"""What each stage of a run cost: a file for each process that worked on it, so that none waits for another.

runs/<run>/times/<when it began>-<sign>.json holds what one process did. It is written anew, whole, whenever a
stage has ended; a process that is killed leaves what it had done until then. What was done by several
processes, after each other or at once, adds up.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.atomic import write_bytes
from storage.errors import DamagedError
from storage.layout import RunLayout

SCHEMA_VERSION = 1
BEGUN = "%Y%m%dT%H%M%S"


@dataclass(frozen=True)
class StageTimes:
    """What a stage cost in one process.

    Attributes:
        stage: its name.
        wall_s: seconds by the clock.
        processor_s: seconds of processors, of this process and of those that it has started and awaited.
        peak_bytes: the most memory that the process had held when the stage last ended; None if not known.
        written_bytes: what was written to disks; None if not known.
    """

    stage: str
    wall_s: float
    processor_s: float
    peak_bytes: int | None
    written_bytes: int | None


def new_file(layout: RunLayout) -> Path:
    """Return the file for the times of a process that begins now."""
    return layout.times / f"{datetime.now(UTC):{BEGUN}}-{secrets.token_hex(4)}.json"


def write_times(file: Path, stages: Sequence[StageTimes]) -> None:
    """Write what one process did so far, in the order in which it began."""
    record = {"schema_version": SCHEMA_VERSION, "stages": [asdict(one) for one in stages]}
    write_bytes(file, (json.dumps(record, indent=1) + "\n").encode())


def read_times(layout: RunLayout) -> list[StageTimes]:
    """Return what each stage of a run cost in all processes together, in the order in which they first began.

    Seconds and bytes are sums, the peak of memory is that of the largest process. A run of before times were
    kept has none.

    Raises:
        DamagedError: a file cannot be read.
    """
    found: dict[str, StageTimes] = {}
    for file in sorted(layout.times.glob("*.json")):
        for one in _read(file):
            found[one.stage] = _sum(found[one.stage], one) if one.stage in found else one
    return list(found.values())


def begun_at(layout: RunLayout) -> datetime:
    """Return when work on a run began; of one without times, when its record was written."""
    first = min((file.name for file in layout.times.glob("[0-9]*T*-*.json")), default=None)
    if first is None:
        return datetime.fromtimestamp(layout.record.stat().st_mtime, UTC)
    return datetime.strptime(first.partition("-")[0], BEGUN).replace(tzinfo=UTC)


def begun_on(layout: RunLayout) -> str:
    """Return the day that work on a run began, as 2026-11-30."""
    return f"{begun_at(layout):%Y-%m-%d}"


def _read(file: Path) -> list[StageTimes]:
    try:
        return [StageTimes(**one) for one in json.loads(file.read_text())["stages"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(
            f"{file} cannot be read ({error}); remove it: nothing but the list of times needs it"
        ) from error


def _sum(one: StageTimes, other: StageTimes) -> StageTimes:
    peaks = [each.peak_bytes for each in (one, other) if each.peak_bytes is not None]
    written = [each.written_bytes for each in (one, other) if each.written_bytes is not None]
    return StageTimes(
        stage=one.stage,
        wall_s=one.wall_s + other.wall_s,
        processor_s=one.processor_s + other.processor_s,
        peak_bytes=max(peaks, default=None),
        written_bytes=sum(written) if written else None,
    )
