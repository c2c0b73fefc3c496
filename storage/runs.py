"""Begin, find and list runs. A run is never overwritten: other options need another name."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from storage.atomic import write_bytes
from storage.errors import MissingError, RunMismatchError
from storage.fingerprint import fingerprint
from storage.layout import RunLayout

SCHEMA_VERSION = 1


def begin(runs: Path, name: str, *, identity: dict[str, Any]) -> RunLayout:
    """Return the run of that name, made now or begun before with the same identity.

    Args:
        runs: the folder of all runs.
        name: of the run; a plain folder name.
        identity: plain values that determine the outcome.

    Raises:
        RunMismatchError: a run of that name is of something else; says what differs.
        ValueError: the name is no plain folder name.
    """
    if name != Path(name).name or name in ("", ".", "..", "pixels", "collections"):
        raise ValueError(f"{name!r} cannot name a run; use a plain name such as 'celtic-k26'")
    layout = RunLayout(runs / name)
    if layout.record.exists():
        before = read_record(layout)["identity"]
        if before != identity:
            differences = ", ".join(_differences(before, identity))
            raise RunMismatchError(
                f"the run {name} was begun with something else ({differences}); choose another --name"
            )
        return layout
    record = {
        "schema_version": SCHEMA_VERSION,
        "name": name,
        "fingerprint": fingerprint(identity),
        "identity": identity,
    }
    layout.root.mkdir(parents=True, exist_ok=True)
    write_bytes(layout.record, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())
    return layout


def find(run: Path) -> RunLayout:
    """Return the run in that folder.

    Raises:
        MissingError: there is none; says which runs stand beside it.
    """
    layout = RunLayout(run)
    if not layout.record.exists():
        others = ", ".join(other.root.name for other in list_runs(run.parent))
        raise MissingError(
            f"{run} is no run of coin-xai (no {layout.record.name} in it); runs beside it: {others or 'none'}"
        )
    return layout


def read_record(layout: RunLayout) -> dict[str, Any]:
    """Return what the run is of."""
    record: dict[str, Any] = json.loads(layout.record.read_text())
    return record


def list_runs(runs: Path) -> list[RunLayout]:
    """Return all runs in a folder, by name."""
    if not runs.is_dir():
        return []
    layouts = [RunLayout(folder) for folder in sorted(runs.iterdir()) if folder.is_dir()]
    return [layout for layout in layouts if layout.record.exists()]


def point_latest_to(layout: RunLayout, folder: Path) -> None:
    """Make `latest` a link to a folder inside the run, in one step."""
    new = layout.latest.with_name(f".{layout.latest.name}-new")
    new.unlink(missing_ok=True)
    new.symlink_to(folder.relative_to(layout.root))
    new.replace(layout.latest)


def _differences(before: Any, now: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key):
                yield from _differences(before.get(key), now.get(key), f"{prefix}.{key}".lstrip("."))
    else:
        yield f"{prefix}: {before} then, {now} now"
