"""The manifest: what an explanation holds and how it was made, from the markers on disk alone.

It names no times and no durations, so it is the same, byte for byte, however often the run was
interrupted.
"""

import json
import os
from pathlib import Path
from typing import Any

from storage.atomic import write_bytes
from storage.errors import DamagedError, MissingError
from storage.inventory import Verify, damages, describe, to_json
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
    for marker_file in files.root.rglob(MARKER):
        folder = marker_file.parent.relative_to(files.root)
        marker = read_marker(marker_file.parent)
        # What has no readable marker is not done, and does not belong to the explanation.
        if marker is None or any(part.startswith(UNFINISHED) for part in folder.parts):
            continue
        listed[(folder / MARKER).as_posix()] = describe(marker_file)
        listed.update({f"{folder.as_posix()}/{name}": facts for name, facts in marker["files"].items()})
    for path in (files.assignments, files.assignments_csv, files.report):
        listed[path.name] = describe(path)
    manifest = {"schema_version": SCHEMA_VERSION, "made_from": made_from, "files": listed}
    write_bytes(files.manifest, to_json(manifest).encode())


def verify(folder: Path, *, verify: Verify = "hash") -> list[str]:
    """Return a sentence for every file that is missing or other than the manifest says.

    Args:
        folder: of the explanation.
        verify: compare sizes alone, or contents as well.

    Raises:
        MissingError: the folder holds no manifest, so no explanation was finished in it.
        DamagedError: the manifest cannot be read.
    """
    return damages(folder, _listed(folder), verify=verify)


def strangers(folder: Path) -> list[str]:
    """Return the names of files that the manifest does not list, in order.

    They damage nothing, so `verify` does not count them; but they are not the explanation's, and whoever
    looks through its pictures should know.

    Raises:
        MissingError: the folder holds no manifest, so no explanation was finished in it.
        DamagedError: the manifest cannot be read.
    """
    known = {*_listed(folder), ExplanationLayout(folder).manifest.name}
    root = folder.resolve()
    present = {
        (Path(parent) / name).relative_to(root).as_posix()
        for parent, _, names in os.walk(root)
        for name in names
    }
    return sorted(present - known)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of an explanation: what it was made from, and its files.

    Raises:
        MissingError: the folder holds no manifest, so no explanation was finished in it.
        DamagedError: the manifest cannot be read.
    """
    path = ExplanationLayout(folder).manifest
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError:
        raise MissingError(
            f"{folder} holds no finished explanation; make one with coin-xai explain"
        ) from None
    except ValueError as error:
        raise DamagedError(f"{path} cannot be read ({error}); mend it with coin-xai explain") from error
    if not isinstance(manifest, dict) or manifest.get("schema_version") != SCHEMA_VERSION:
        raise DamagedError(
            f"{path} is no manifest of version {SCHEMA_VERSION}, the one that this coin-xai reads; "
            "explain the run again, or use the version that made it"
        )
    if not isinstance(manifest.get("files"), dict):
        raise DamagedError(f"{path} lists no files; mend it with coin-xai explain")
    return manifest


def _listed(folder: Path) -> dict[str, Any]:
    listed: dict[str, Any] = read_manifest(folder)["files"]
    return listed
