"""Begin, find and list runs. A run is never overwritten: other options need another name."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

from storage.atomic import TEMPORARY, sync, write_bytes
from storage.errors import DamagedError, MissingError, PlaceError, RunMismatchError
from storage.fingerprint import fingerprint
from storage.layout import RunLayout, pixels_folder
from storage.lock import holding, require_text

SCHEMA_VERSION = 1
TAKEN = ("pixels", "collections", "comparisons")
"""Names that mean something else beside the runs."""

LONGEST_NAME = 255
"""Bytes; what file systems allow."""


class Identity(TypedDict, total=False):
    """What determines the outcome of a run; what the run does without is not in it.

    Attributes:
        algorithm: version of what learns.
        pixels: name of the folder of its decoded photographs.
        photographs: fingerprint of the usable ones, by coin.
        training: options of the training, as JSON has them.
        initial_weights: SHA-256 of the file of weights that it starts from; None for drawn ones.
        description_weights: SHA-256 of the layers of a library's network that describes its coins, as read.
        features: hash of the vectors of the coins that it starts from.
        init_assignments: hash of the clusters of the coins that it starts from.
        adopted: where a training of another program comes from.
    """

    algorithm: str
    pixels: str
    photographs: str
    training: dict[str, Any]
    initial_weights: str | None
    description_weights: str
    features: str
    init_assignments: str
    adopted: dict[str, str | int]


class Record(TypedDict):
    """The record of a run: version of its form, name of the run, what it is of, and a hash of that."""

    schema_version: int
    name: str
    fingerprint: str
    identity: Identity


def begin(runs: Path, name: str, *, identity: Mapping[str, object]) -> RunLayout:
    """Return the run of that name, made now or begun before with the same identity.

    Args:
        runs: the folder of all runs.
        name: of the run; a plain folder name.
        identity: plain values that determine the outcome; those of `Identity`.

    Raises:
        RunMismatchError: a run of that name is of something else, and what differs; or the name cannot be
            that of a folder.
        RunBusyError: another process begins it this instant.
    """
    check_name(name)
    layout = RunLayout(runs / name)
    if not layout.record.exists():
        # Of two processes that begin the same name, one writes the record, and the other compares with it.
        with holding(layout.lock):
            if not layout.record.exists():
                _write_record(layout, identity)
    before = read_record(layout)["identity"]
    if before != identity:
        differences = ", ".join(_differences(before, identity))
        raise RunMismatchError(
            f"the run {name} was begun with something else ({differences}); choose another --name"
        )
    return layout


def find(run: Path) -> RunLayout:
    """Return the run in that folder.

    Raises:
        MissingError: there is none; says which runs stand beside it.
        PlaceError: the path is no UTF-8.
    """
    require_text(run)
    # What runs share lies beside the run itself, not beside a link to it.
    layout = RunLayout(run.resolve() if run.is_symlink() else run)
    if not layout.record.exists():
        others = ", ".join(other.root.name for other in list_runs(run.parent))
        raise MissingError(
            f"{run} is no run of coin-xai (no {layout.record.name} in it); runs beside it: {others or 'none'}"
        )
    return layout


def read_record(layout: RunLayout) -> Record:
    """Return what the run is of.

    Raises:
        DamagedError: the record cannot be read.
        RunMismatchError: a newer coin-xai began the run.
    """
    try:
        record = json.loads(layout.record.read_text())
        version = int(record["schema_version"])
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(layout, str(error)) from error
    if version > SCHEMA_VERSION:
        raise RunMismatchError(
            f"{layout.record} is of version {version}, and this coin-xai reads {SCHEMA_VERSION}; "
            "a newer one began the run: use that, or choose another --name"
        )
    if not isinstance(record.get("identity"), dict):
        raise _damaged(layout, "it has no identity")
    found: Record = record
    return found


def pixels_of(layout: RunLayout) -> Path:
    """Return the folder with the pixels of the photographs of a run.

    Raises:
        DamagedError: the record of the run names none.
    """
    key = read_record(layout)["identity"].get("pixels")
    if not isinstance(key, str) or not key or Path(key).name != key:
        raise _damaged(layout, "it names no pixels")
    return pixels_folder(layout.root.parent, key)


def remember_source(layout: RunLayout, images: Path) -> None:
    """Write down where the photographs of a run lie; they may move, so it is no part of its identity."""
    write_bytes(layout.source, (json.dumps({"images": str(images)}, indent=1) + "\n").encode())


def source_of(layout: RunLayout) -> Path:
    """Return the folder that the photographs of a run lay in.

    Raises:
        MissingError: the run does not know, or the folder is gone.
    """
    try:
        images = Path(json.loads(layout.source.read_text())["images"])
    except (OSError, ValueError, KeyError, TypeError):
        images = None
    if images is None or not images.is_dir():
        where = "an unknown place" if images is None else str(images)
        raise MissingError(
            f"the photographs of {layout.root} lay in {where} and are not there now; "
            "run the study on them again"
        )
    return images


def list_runs(runs: Path) -> list[RunLayout]:
    """Return all runs in a folder, by name."""
    if not runs.is_dir():
        return []
    layouts = [RunLayout(folder) for folder in sorted(runs.iterdir()) if folder.is_dir()]
    return [layout for layout in layouts if layout.record.exists()]


def point_latest_to(layout: RunLayout, folder: Path) -> None:
    """Make `latest` a link to a folder inside the run, in one step. The lock of the run is held."""
    if layout.latest.is_dir() and not layout.latest.is_symlink():
        raise PlaceError(f"{layout.latest} is a folder, and is to be a link; move it away and explain again")
    new = layout.latest.with_name(f"{TEMPORARY}{layout.latest.name}")
    new.unlink(missing_ok=True)
    new.symlink_to(folder.relative_to(layout.root))
    new.replace(layout.latest)
    sync(layout.root)


def check_name(name: str) -> None:
    """Do nothing, if a run can be called so.

    Raises:
        RunMismatchError: it cannot; says why.
    """
    for wrong, reason in (
        (not name, "it is empty"),
        ("/" in name or "\\" in name, "it holds a slash"),
        (not name.isprintable(), "it holds signs that cannot be seen"),
        (name.startswith((".", "-")), "it begins with a dot or a dash"),
        (name != name.strip(), "it begins or ends with a blank"),
        (name.lower() in TAKEN, "that folder holds what all runs share"),
        (len(os.fsencode(name)) > LONGEST_NAME, f"it is longer than {LONGEST_NAME} bytes"),
    ):
        if wrong:
            raise RunMismatchError(
                f"{name!r} cannot name a run: {reason}; choose another --name, such as celtic-k26"
            )


def _write_record(layout: RunLayout, identity: Mapping[str, object]) -> None:
    record = {
        "schema_version": SCHEMA_VERSION,
        "name": layout.root.name,
        "fingerprint": fingerprint(identity),
        "identity": identity,
    }
    write_bytes(layout.record, (json.dumps(record, indent=1, sort_keys=True) + "\n").encode())


def _damaged(layout: RunLayout, reason: str) -> DamagedError:
    return DamagedError(
        f"{layout.record} cannot be read ({reason}); move {layout.root} away and begin the run anew, "
        "or put the record back from a copy"
    )


def _differences(before: Any, now: Any, prefix: str = "") -> Iterator[str]:
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted(before.keys() | now.keys()):
            if before.get(key) != now.get(key):
                yield from _differences(before.get(key), now.get(key), f"{prefix}.{key}".lstrip("."))
    else:
        then, today = ("not said" if value is None else value for value in (before, now))
        yield f"{prefix}: {then} then, {today} now"
