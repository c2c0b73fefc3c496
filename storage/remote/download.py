"""Brings a run from a store: what a marker or the index lists, whole, and nothing else.

What was torn while it was sent has no marker, or one that its contents do not fit: it is not there.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from storage.atomic import replacing, write_bytes
from storage.errors import DamagedError, RunMismatchError
from storage.fingerprint import hash_file
from storage.inventory import FileFacts, damages, describe
from storage.layout import ExplanationLayout, RunLayout
from storage.markers import MARKER, Marker, committing, marker_in, read_marker
from storage.remote.local import EXPLANATIONS, SYNCED, loose_files, may_be_loose
from storage.remote.store import INDEX, OWN, RemoteRun, at_once, is_inside, is_record, parsed
from storage.runs import point_latest_to

log = logging.getLogger(__name__)

CONTENTS = f"{OWN}/contents"
RECORD = RunLayout(Path()).record.name
LEAST_DEPTH = 2


@dataclass
class Held:
    """What a store holds of a run.

    Attributes:
        sizes: of the objects, by name; in the end of the contents of loose files alone.
        markers: SHA-256 of the markers and manifests whose files are all there, by name.
        index: the index as it is there.
    """

    sizes: dict[str, int]
    markers: dict[str, str] = field(default_factory=dict)
    index: bytes | None = None


def bring(root: Path, remote: RemoteRun) -> Held:
    """Bring what the folder of a run lacks; both are held by this process.

    Finished folders that are whole on this machine stay as they are. The other files become those of the
    store, if another copy has changed them there; else what was done here and not sent yet stays.

    Raises:
        RunMismatchError: the folder holds a run of something else.
        UnreachableError: the store does not answer.
        NoSpaceError: the disk is full.
    """
    held = Held(remote.sizes(), index=remote.read(INDEX))
    ahead = _bring_loose(root, remote, held)
    markers = sorted(name for name in held.sizes if _is_marker(name))
    for name, content in zip(markers, at_once(remote.read, markers), strict=True):
        _bring_folder(root, remote, held, name.rsplit("/", 1)[0], content)
    for name in sorted(held.sizes):
        match name.split("/"):
            case [folder, _, "manifest.json"] if folder == EXPLANATIONS:
                _bring_explanation(root, remote, held, name)
    layout, latest = RunLayout(root), _index(held).get("latest")
    known = (
        isinstance(latest, str) and is_inside(latest) and ExplanationLayout(root / latest).manifest.exists()
    )
    if known and not (ahead and layout.latest.exists()):
        point_latest_to(layout, root / str(latest))
    # Of half a million pictures nobody needs to know any more.
    held.sizes = {name: size for name, size in held.sizes.items() if name.startswith(f"{CONTENTS}/")}
    return held


def bring_record(root: Path, remote: RemoteRun) -> None:
    """Bring what a run is of, if the store holds the run and this machine does not know it.

    Raises:
        RunMismatchError: this machine knows a run of that name that is of something else.
    """
    held = Held({}, index=remote.read(INDEX))
    recorded = listed_loose(held).get(RECORD)
    if recorded is not None:
        _require_same(root, remote, recorded)
        if not (root / RECORD).exists():
            _fetch_loose(root, remote, RECORD, recorded)


def _bring_loose(root: Path, remote: RemoteRun, held: Held) -> bool:
    """Bring the files of the index; tell whether this machine already knew it, and may be further on."""
    listed = listed_loose(held)
    if RECORD not in listed:
        if held.index is not None:
            log.warning("%s/%s is damaged; it is ignored", remote.url, INDEX)
        return True
    _require_same(root, remote, listed[RECORD])
    synced = root / SYNCED
    same = synced.exists() and synced.read_bytes() == held.index
    here = {path.relative_to(root).as_posix(): path for path in loose_files(root)}
    if not same:
        # A checkpoint that only this machine knows would be continued with figures that are not its own.
        for name in sorted(here.keys() - listed.keys()):
            here.pop(name).unlink()
    for name, recorded in listed.items():
        if name in here and (same or describe(here[name]) == recorded):
            continue
        if not _fetch_loose(root, remote, name, recorded):
            _forget(remote, held, f"{CONTENTS}/{recorded['sha256']}")
            if not same:
                (root / name).unlink(missing_ok=True)
    write_bytes(synced, held.index or b"")
    return same


def _fetch_loose(root: Path, remote: RemoteRun, name: str, recorded: FileFacts) -> bool:
    def fetch(path: Path) -> None:
        remote.fetch(f"{CONTENTS}/{recorded['sha256']}", path)

    return _fetch(root / name, recorded, fetch, f"{remote.url}/{name}")


def _fetch(path: Path, recorded: FileFacts, fetch: Callable[[Path], None], shown: str) -> bool:
    """Write what an object holds, if that is what was recorded."""
    try:
        with replacing(path) as temporary:
            fetch(temporary)
            if describe(temporary) != {"bytes": recorded["bytes"], "sha256": recorded["sha256"]}:
                raise DamagedError(f"{shown} has other content than was written")
    except (DamagedError, FileNotFoundError) as error:
        log.warning("%s; it is ignored", error)
        return False
    return True


def _is_marker(name: str) -> bool:
    """Tell whether a name is that of a marker where we write some: in a folder of an explanation's folder."""
    first, *between, last = name.split("/")
    return first == EXPLANATIONS and last == MARKER and len(between) >= LEAST_DEPTH


def _bring_folder(root: Path, remote: RemoteRun, held: Held, folder: str, content: bytes | None) -> None:
    marker = None if content is None else marker_in(content)
    if marker is None or not all(
        is_inside(name) and name != MARKER and remote.damage(f"{folder}/{name}", recorded, held.sizes) is None
        for name, recorded in marker["files"].items()
    ):
        log.info("%s/%s was not sent completely; it is ignored", remote.url, folder)
        return
    here = read_marker(root / folder)
    if here is None or damages(root / folder, here["files"].items(), verify="size"):
        try:
            _fetch_folder(root / folder, remote, folder, marker)
        except (DamagedError, FileNotFoundError, TypeError) as error:
            log.warning("%s/%s is damaged (%s); it is ignored", remote.url, folder, error)
            _forget(remote, held, f"{folder}/{MARKER}")
            return
    if content is not None and (root / folder / MARKER).read_bytes() == content:
        held.markers[f"{folder}/{MARKER}"] = hash_file(root / folder / MARKER)


def _forget(remote: RemoteRun, held: Held, name: str) -> None:
    """Remove what is damaged, so that it is sent anew once it is whole here."""
    remote.remove([name])
    held.sizes.pop(name, None)


def _fetch_folder(path: Path, remote: RemoteRun, folder: str, marker: Marker) -> None:
    with committing(path, str(marker.get("fingerprint")), **dict(marker.get("facts") or {})) as temporary:

        def fetch(name: str) -> None:
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            remote.fetch(f"{folder}/{name}", temporary / name)

        at_once(fetch, marker["files"])
        wrong = damages(temporary, marker["files"].items())
        if wrong:
            raise DamagedError("; ".join(wrong))


def _bring_explanation(root: Path, remote: RemoteRun, held: Held, name: str) -> None:
    """Bring manifest and what else lies beside it, once all that the manifest lists is here."""
    folder, content = name.rsplit("/", 1)[0], remote.read(name)
    manifest = parsed(content)
    listed = manifest.get("files") if manifest is not None else None
    if content is None or not isinstance(listed, dict):
        return
    beside = {one: recorded for one, recorded in listed.items() if "/" not in one and is_inside(one)}
    if any(remote.damage(f"{folder}/{one}", recorded, held.sizes) for one, recorded in beside.items()):
        log.info("%s/%s was not sent completely; it is ignored", remote.url, name)
        return
    path = root / name
    if not path.exists():
        for one, recorded in beside.items():
            fetch = partial(remote.fetch, f"{folder}/{one}")
            _fetch(root / folder / one, recorded, fetch, f"{remote.url}/{name}")
        if damages(root / folder, listed.items(), verify="size"):
            return
        write_bytes(path, content)
    if path.read_bytes() == content:
        held.markers[name] = hash_file(path)


def _require_same(root: Path, remote: RemoteRun, recorded: FileFacts) -> None:
    path = root / RECORD
    if path.exists() and describe(path) != recorded:
        raise RunMismatchError(
            f"{remote.url} is a run of something else than {root}; choose another --name, or remove {root} "
            "if you do not need it"
        )


def _index(held: Held) -> dict[str, Any]:
    return parsed(held.index) or {}


def listed_loose(held: Held) -> dict[str, FileFacts]:
    """Return the loose files of the index; a name that leads elsewhere is left out."""
    files = _index(held).get("files")
    return {
        name: {"bytes": recorded["bytes"], "sha256": recorded["sha256"]}
        for name, recorded in (files.items() if isinstance(files, dict) else ())
        if is_inside(name) and is_record(recorded) and may_be_loose(PurePosixPath(name))
    }
