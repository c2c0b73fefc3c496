"""Our own checkpoints: written whole or not at all, loaded without running any code of theirs.

    <epoch>.json      the record: which file, its size and SHA-256; what it says is what counts
    <epoch>.pt        the content; <epoch>-again.pt where the record of before names <epoch>.pt

A record is replaced in one step, and a file that a record names is never written to. So at any moment an
epoch has the checkpoint of before or the new one.
"""

import json
import logging
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from storage.atomic import replacing, sync, write_bytes
from storage.errors import DamagedError, MissingError
from storage.fingerprint import hash_file
from storage.inventory import FileFacts, describe
from storage.layout import RunLayout
from storage.markers import sweep

log = logging.getLogger(__name__)

FILE = re.compile(r"(\d{4,})(-again)?\.pt")
LOOSE = re.compile(r"(\d{4,})((-again)?\.pt|\.parquet)")


class Record(FileFacts):
    """The record of a checkpoint: its epoch, whether a training ended at it, its file, and what that is."""

    epoch: int
    finished: bool
    file: str


def save(layout: RunLayout, epoch: int, content: Mapping[str, object], *, finished: bool) -> None:
    """Keep a checkpoint; afterwards unfinished ones of earlier epochs are removed.

    Args:
        layout: the run; its lock is held.
        epoch: how many epochs the network has learnt.
        content: tensors and plain values.
        finished: whether a training was asked to end here; such checkpoints are never removed.

    Raises:
        NoSpaceError: the disk is full; the checkpoints of before stay.
    """
    import torch  # whoever only lists runs needs none of it

    # The whole folder: a training may have been killed while it wrote its figures.
    sweep(layout.training)
    before = _read(_record_file(layout, epoch))
    name = f"{epoch:04d}.pt"
    if before is not None and before["file"] == name:
        name = f"{epoch:04d}-again.pt"
    elif before is None:
        # A record that does not count must not begin to, should its file get its length again.
        _record_file(layout, epoch).unlink(missing_ok=True)
    file = layout.checkpoints / name
    # Given a path, PyTorch reports a full disk as wrong positions, and puts the temporary name into the file.
    with replacing(file) as temporary, temporary.open("wb") as opened:
        torch.save(content, opened)
    record: Record = {"epoch": epoch, "finished": finished, "file": name, **describe(file)}
    write_bytes(_record_file(layout, epoch), (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    _tidy(layout, epoch)


def latest(layout: RunLayout, *, until: int | None = None, finished: bool = False) -> int | None:
    """Return the last epoch (at most `until`) that has a checkpoint, or None.

    Args:
        layout: the run.
        until: the highest epoch that counts.
        finished: count only checkpoints at which a training ended.
    """
    found = epochs(layout, finished=finished)
    return max((epoch for epoch in found if until is None or epoch <= until), default=None)


def epochs(layout: RunLayout, *, finished: bool = False) -> list[int]:
    """Return the epochs that have a checkpoint, in order; those at which a training ended, if asked for."""
    return sorted(record["epoch"] for record in _records(layout) if record["finished"] or not finished)


def finished(layout: RunLayout) -> list[int]:
    """Return the epochs at which a training ended, in order; their checkpoints are never removed."""
    return sorted(record["epoch"] for record in _records(layout) if record["finished"])


def require_finished(layout: RunLayout, epoch: int | None) -> int:
    """Return the epoch of a checkpoint at which a training ended: that one, or the last without it.

    Raises:
        MissingError: there is none.
    """
    last = latest(layout, until=epoch, finished=True)
    if last is None or (epoch is not None and last != epoch):
        raise MissingError(
            f"{layout.root} has no finished checkpoint; repeat what made the run, or train it first"
            if epoch is None
            else f"{layout.root} has no finished checkpoint of epoch {epoch}; train it to that epoch first"
        )
    return last


def hash_of(layout: RunLayout, epoch: int) -> str:
    """Return the SHA-256 of a checkpoint as recorded when it was written.

    Raises:
        MissingError: there is none of that epoch.
    """
    return _record(layout, epoch)["sha256"]


def require_whole(layout: RunLayout, epoch: int) -> Path:
    """Return the file of a checkpoint, whose bytes are those that were written.

    Raises:
        MissingError: there is none of that epoch.
        DamagedError: they are others.
    """
    record = _record(layout, epoch)
    file = layout.checkpoints / record["file"]
    if hash_file(file) != record["sha256"]:
        raise DamagedError(
            f"{file} is damaged; remove it and train again, the run continues after the checkpoint before it"
        )
    return file


def bytes_of(layout: RunLayout, epoch: int) -> int:
    """Return the size of a checkpoint as recorded when it was written.

    Raises:
        MissingError: there is none of that epoch.
    """
    return _record(layout, epoch)["bytes"]


def load(layout: RunLayout, epoch: int) -> dict[str, Any]:
    """Return the content of a checkpoint, on the CPU.

    Raises:
        MissingError: there is none of that epoch.
        DamagedError: its bytes are not those that were written, or hold more than tensors and plain values.
    """
    import torch

    file = require_whole(layout, epoch)
    try:
        content: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise DamagedError(
            f"{file} is no checkpoint of coin-xai: it holds more than tensors and plain values, or none; "
            "nothing in it was run. Remove it and train again"
        ) from error
    return content


def files_of(layout: RunLayout, epoch: int) -> list[Path]:
    """Return the files of a checkpoint, the record first, and of the partition that goes with it.

    Raises:
        MissingError: there is none of that epoch.
    """
    record = _record(layout, epoch)
    own = [_record_file(layout, epoch), layout.checkpoints / record["file"], layout.final_assignments(epoch)]
    return [path for path in own if path.exists()]


def without_record(layout: RunLayout) -> list[Path]:
    """Return contents and partitions that no record stands beside: a process was killed between the two."""
    named = {path: LOOSE.fullmatch(path.name) for path in sorted(layout.checkpoints.glob("[0-9]*"))}
    return [
        path for path, match in named.items() if match and not _record_file(layout, int(match[1])).exists()
    ]


def remove(layout: RunLayout, epoch: int) -> None:
    """Remove a checkpoint and the partition that goes with it; the lock of the run is held.

    The record goes first: without it the others do not count, with it they are whole.

    Raises:
        MissingError: there is none of that epoch.
    """
    record, *others = files_of(layout, epoch)
    record.unlink()
    sync(layout.checkpoints)
    for path in others:
        path.unlink()


def _tidy(layout: RunLayout, epoch: int) -> None:
    """Remove unfinished checkpoints of earlier epochs, and contents that no record names."""
    records = _records(layout)
    for other in records:
        if other["epoch"] < epoch and not other["finished"]:
            _record_file(layout, other["epoch"]).unlink()
    named = {other["file"] for other in records if other["epoch"] >= epoch or other["finished"]}
    for path in layout.checkpoints.glob("[0-9]*.pt"):
        if FILE.fullmatch(path.name) and path.name not in named:
            path.unlink()


def _record_file(layout: RunLayout, epoch: int) -> Path:
    return layout.checkpoints / f"{epoch:04d}.json"


def _record(layout: RunLayout, epoch: int) -> Record:
    record = _read(_record_file(layout, epoch))
    if record is None:
        raise MissingError(f"{layout.root} has no checkpoint of epoch {epoch}; train it first")
    return record


def _records(layout: RunLayout) -> list[Record]:
    records = [_read(path) for path in sorted(layout.checkpoints.glob("[0-9]*.json"))]
    return [record for record in records if record is not None]


def _read(path: Path) -> Record | None:
    """Return a record whose checkpoint is there in full length, else None."""
    if not path.exists():
        return None
    try:
        record: Record = json.loads(path.read_text())
        record["finished"], record["sha256"]
        match = FILE.fullmatch(record["file"])
        # A name from a record is followed only if it is one that `save` gives.
        if match is None or not int(match[1]) == record["epoch"] == int(path.stem):
            raise ValueError("it does not name a file of its epoch")
        size = (path.parent / record["file"]).stat().st_size
        if size != record["bytes"]:
            raise ValueError(f"{record['file']} has {size} bytes instead of {record['bytes']}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the checkpoint %s does not count: %s", path, error)
        return None
    return record
