"""A finished piece of work is a folder with a marker; an unfinished one does not exist under its name."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from storage.atomic import explaining_full_disk, sync
from storage.errors import DamagedError
from storage.fingerprint import hash_file

MARKER = "_done.json"
UNFINISHED = ".unfinished-"

Verify = Literal["size", "hash"]


@contextmanager
def committing(folder: Path, fingerprint: str, **facts: Any) -> Iterator[Path]:
    """Yield a temporary folder to write into; on success it becomes `folder`, on any exception it vanishes.

    The marker lists every file with its size and SHA-256, the fingerprint of the work, and the facts given
    (plain values). What stood under the name before is replaced.
    """
    temporary = folder.with_name(f"{UNFINISHED}{folder.name}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        with explaining_full_disk(folder):
            temporary.mkdir(parents=True)
            yield temporary
            _mark(temporary, fingerprint, facts)
            _replace(folder, temporary)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def read_marker(folder: Path) -> dict[str, Any] | None:
    """Return the marker of a finished folder, or None where there is none that can be read."""
    try:
        marker = json.loads((folder / MARKER).read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return marker if isinstance(marker, dict) and "files" in marker else None


def is_done(folder: Path, fingerprint: str, *, verify: Verify = "hash") -> bool:
    """Tell whether the folder holds this very work, with every file as its marker says."""
    marker = read_marker(folder)
    return marker is not None and marker["fingerprint"] == fingerprint and not damages(folder, verify=verify)


def damages(folder: Path, *, verify: Verify = "hash") -> list[str]:
    """Return a sentence for every file that is missing or not what the marker says.

    Raises:
        DamagedError: there is no marker.
    """
    marker = read_marker(folder)
    if marker is None:
        raise DamagedError(f"{folder} has no readable {MARKER}; explain the run again to make it anew")
    found = []
    for name, expected in marker["files"].items():
        path = folder / name
        try:
            size = path.stat().st_size
        except OSError:
            found.append(f"{path} is missing")
            continue
        if size != expected["bytes"]:
            found.append(f"{path} has {size} bytes instead of {expected['bytes']}")
        elif verify == "hash" and hash_file(path) != expected["sha256"]:
            found.append(f"{path} has other content than was written")
    return found


def sweep(root: Path) -> None:
    """Remove what a killed process left unfinished. Call it under the lock of the run."""
    for folder, names, _ in os.walk(root):
        for name in [name for name in names if name.startswith(UNFINISHED)]:
            shutil.rmtree(Path(folder) / name, ignore_errors=True)
            names.remove(name)


def _mark(folder: Path, fingerprint: str, facts: dict[str, Any]) -> None:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    files = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": hash_file(path)}
        for path in paths
    }
    marker = {"fingerprint": fingerprint, "facts": facts, "files": files}
    (folder / MARKER).write_text(json.dumps(marker, indent=1, sort_keys=True, allow_nan=False) + "\n")
    for path in (*paths, folder / MARKER, folder):
        sync(path)


def _replace(folder: Path, new: Path) -> None:
    """Put a new folder in the place of another; between the two renames there is none under the name."""
    old = folder.with_name(f"{UNFINISHED}{folder.name}-old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
