"""Our own checkpoints: written whole or not at all, loaded without running any code of theirs."""

import json
from pathlib import Path
from typing import Any

import torch

from storage.atomic import replacing, write_bytes
from storage.errors import DamagedError, MissingError
from storage.fingerprint import hash_file
from storage.layout import RunLayout


def save(layout: RunLayout, epoch: int, content: dict[str, Any], *, finished: bool) -> None:
    """Keep a checkpoint; afterwards unfinished ones of earlier epochs are removed.

    Args:
        layout: the run.
        epoch: how many epochs the network has learnt.
        content: tensors and plain values.
        finished: whether a training was asked to end here; such checkpoints are never removed.
    """
    file = _file(layout, epoch)
    file.parent.mkdir(parents=True, exist_ok=True)
    # The record is what makes a checkpoint count, so it must never describe other bytes than are there.
    file.with_suffix(".json").unlink(missing_ok=True)
    with replacing(file) as temporary:
        torch.save(content, temporary)
    record = {
        "epoch": epoch,
        "finished": finished,
        "bytes": file.stat().st_size,
        "sha256": hash_file(file),
    }
    write_bytes(file.with_suffix(".json"), (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    for other in _records(layout):
        if other["epoch"] < epoch and not other["finished"]:
            _file(layout, other["epoch"]).with_suffix(".json").unlink()
            _file(layout, other["epoch"]).unlink()


def latest(layout: RunLayout, *, until: int | None = None, finished: bool = False) -> int | None:
    """Return the last epoch (at most `until`) that has a checkpoint, or None.

    Args:
        layout: the run.
        until: the highest epoch that counts.
        finished: count only checkpoints at which a training ended.
    """
    epochs = [
        record["epoch"]
        for record in _records(layout)
        if (until is None or record["epoch"] <= until) and (record["finished"] or not finished)
    ]
    return max(epochs, default=None)


def hash_of(layout: RunLayout, epoch: int) -> str:
    """Return the SHA-256 of a checkpoint as recorded when it was written."""
    record = _read(_file(layout, epoch).with_suffix(".json"))
    if record is None:
        raise MissingError(f"{layout.root} has no checkpoint of epoch {epoch}; train it first")
    sha256: str = record["sha256"]
    return sha256


def load(layout: RunLayout, epoch: int) -> dict[str, Any]:
    """Return the content of a checkpoint, on the CPU.

    Raises:
        MissingError: there is none of that epoch.
        DamagedError: its bytes are not those that were written.
    """
    expected = hash_of(layout, epoch)
    file = _file(layout, epoch)
    if not file.exists() or hash_file(file) != expected:
        raise DamagedError(f"{file} is damaged; remove it and train again, the run continues before it")
    content: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    return content


def _file(layout: RunLayout, epoch: int) -> Path:
    return layout.checkpoints / f"{epoch:04d}.pt"


def _records(layout: RunLayout) -> list[dict[str, Any]]:
    records = [_read(path) for path in sorted(layout.checkpoints.glob("*.json"))]
    return [record for record in records if record is not None]


def _read(path: Path) -> dict[str, Any] | None:
    """Return a record whose checkpoint is there in full length, else None."""
    try:
        record: dict[str, Any] = json.loads(path.read_text())
        size = path.with_suffix(".pt").stat().st_size
    except (FileNotFoundError, ValueError):
        return None
    return record if size == record["bytes"] else None
