"""The manifest: what an explanation holds and how it was made, from the markers on disk alone.

It names no times and no durations, so it is the same, byte for byte, however often the run was
interrupted.
"""

import json
from pathlib import Path
from typing import Any

from storage.atomic import write_bytes
from storage.errors import MissingError
from storage.fingerprint import hash_file
from storage.layout import ExplanationLayout
from storage.markers import MARKER, UNFINISHED, read_marker

SCHEMA_VERSION = 1


def write_manifest(files: ExplanationLayout, made_from: dict[str, Any]) -> None:
    """Write the manifest of an explanation, last of all its files.

    Args:
        files: the explanation.
        made_from: plain values that say how it was made.
    """
    listed: dict[str, Any] = {}
    for marker_file in sorted(files.root.rglob(MARKER)):
        folder = marker_file.parent
        marker = read_marker(folder)
        if marker is None or UNFINISHED in str(folder.relative_to(files.root)):
            continue
        for name, facts in marker["files"].items():
            listed[(folder / name).relative_to(files.root).as_posix()] = facts
    for path in (files.assignments, files.assignments_csv, files.report):
        listed[path.name] = {"bytes": path.stat().st_size, "sha256": hash_file(path)}
    manifest = {"schema_version": SCHEMA_VERSION, "made_from": made_from, "files": listed}
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False)
    write_bytes(files.manifest, f"{text}\n".encode())


def verify(folder: Path) -> list[str]:
    """Return a sentence for every file that is missing or other than the manifest says.

    Raises:
        MissingError: the folder holds no manifest, so no explanation was finished in it.
    """
    files = ExplanationLayout(folder)
    try:
        manifest = json.loads(files.manifest.read_text())
    except FileNotFoundError:
        raise MissingError(
            f"{folder} holds no finished explanation; make one with coin-xai explain"
        ) from None
    damaged = []
    for name, facts in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            damaged.append(f"{name} is missing")
        elif path.stat().st_size != facts["bytes"] or hash_file(path) != facts["sha256"]:
            damaged.append(f"{name} is not what was written")
    return damaged
