"""A finished piece of work is a folder with a marker; an unfinished one does not exist under its name.

All of this happens under the lock of the run, or under one of the folder alone where processes share a run,
so no two of them ever make the same folder.
"""

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NotRequired, TypedDict

from storage.atomic import TEMPORARY, explaining_full_disk, sync
from storage.inventory import FileFacts, Verify, damages, describe, json_of

log = logging.getLogger(__name__)

MARKER = "_done.json"
UNFINISHED = ".unfinished-"

# A file that was not synced may be empty after a power cut, under whatever name. Syncing 240 pictures of
# 150 kB (ext4, virtual disk) one after the other took 0.07 s, and 0.3 to 0.8 s while others wrote to the
# disk: each waits for a journal entry. Side by side they share entries: 0.03 to 0.09 s. Syncing folder and
# marker alone would take 5 ms and break the promise; one sync() of everything waits for what others write.
SYNCED_AT_ONCE = 16


class Marker(TypedDict):
    """What a marker lists: each file by name, the fingerprint of the work, and plain values about it."""

    files: dict[str, FileFacts]
    fingerprint: NotRequired[str]
    facts: NotRequired[dict[str, object]]


@contextmanager
def committing(folder: Path, fingerprint: str, **facts: object) -> Iterator[Path]:
    """Yield a temporary folder to write into; on success it becomes `folder`, on any exception it vanishes.

    The marker lists every file with its size and SHA-256, the fingerprint of the work, and the facts given
    (plain values). What stood under the name before is replaced.

    Raises:
        NoSpaceError: the disk is full; what stood under the name stands there still.
    """
    temporary = folder.with_name(f"{UNFINISHED}{folder.name}")
    try:
        with explaining_full_disk(folder):
            _remove(temporary)
            temporary.mkdir(parents=True)
            yield temporary
            _mark(temporary, fingerprint, facts)
            _replace(folder, temporary)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def read_marker(folder: Path) -> Marker | None:
    """Return the marker of a finished folder, or None where there is none that can be read."""
    try:
        return marker_in((folder / MARKER).read_bytes())
    except OSError:
        return None


def marker_in(content: bytes) -> Marker | None:
    """Return the marker that a file holds, or None where it is none."""
    try:
        marker = json.loads(content)
    except (ValueError, RecursionError):
        return None
    whole = isinstance(marker, dict) and isinstance(marker.get("files"), dict)
    return marker if whole else None


def is_done(folder: Path, fingerprint: str, *, verify: Verify = "hash") -> bool:
    """Tell whether the folder holds this very work, with every file as its marker says."""
    marker = read_marker(folder)
    return (
        marker is not None
        and marker.get("fingerprint") == fingerprint
        and not damages(folder, marker["files"].items(), verify=verify)
    )


def discard(folder: Path) -> None:
    """Make a folder unfinished, in one step; the next `sweep` removes it. The lock of the run is held."""
    unfinished = folder.with_name(f"{UNFINISHED}{folder.name}")
    _remove(unfinished)
    folder.rename(unfinished)
    sync(folder.parent)


def leftovers(root: Path) -> Iterator[Path]:
    """Yield what `sweep` would remove."""
    for folder, folders, files in os.walk(root):
        for name in (*folders, *files):
            if name.startswith((UNFINISHED, TEMPORARY)):
                yield Path(folder) / name
        folders[:] = [name for name in folders if not name.startswith(UNFINISHED)]


def sweep(root: Path) -> None:
    """Remove what a killed process left half-written, folders and files. The lock of the run is held."""
    for path in list(leftovers(root)):
        try:
            _remove(path)
        except OSError as error:
            log.warning("%s is left over and cannot be removed (%s)", path, error.strerror)


def _mark(folder: Path, fingerprint: str, facts: Mapping[str, object]) -> None:
    paths = sorted(folder.rglob("*"))
    files = [path for path in paths if path.is_file()]
    with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
        described = dict(zip(files, pool.map(_settle, files), strict=True))
    names = sorted((path.relative_to(folder).as_posix(), found) for path, found in described.items())
    (folder / MARKER).write_text("".join(json_of({"fingerprint": fingerprint, "facts": facts}, names)))
    for path in (folder / MARKER, *(path for path in paths if path.is_dir()), folder):
        sync(path)


def _settle(path: Path) -> FileFacts:
    sync(path)
    return describe(path)


def _replace(folder: Path, new: Path) -> None:
    """Put a new folder in the place of another.

    Between the two renames none stands under the name. Whoever reads then, or after a kill just there, finds
    that the work is not done; it is done again.
    """
    old = folder.with_name(f"{UNFINISHED}{folder.name}-old")
    _remove(old)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
