"""The manifest: what an explanation holds and how it was made, from the markers on disk alone.

It names no times and no durations, so it is the same, byte for byte, however often the run was
interrupted. It is written and read a file at a time, in the order of names: of a hundred thousand coins it
lists nearly a million files.
"""

import json
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, TextIO, TypedDict

from storage.atomic import replacing
from storage.errors import DamagedError, MissingError
from storage.inventory import FILES, FileFacts, Recorded, Verify, damages, describe, files_in_json, json_of
from storage.layout import ExplanationLayout
from storage.markers import MARKER, UNFINISHED, read_marker
from storage.runs import Record

SCHEMA_VERSION = 1
START = f'{{\n "{FILES}"'
"""How a manifest of ours begins."""


class Attribution(TypedDict):
    """How coins are explained: the version of the algorithm, and its options as JSON has them."""

    algorithm: int
    options: dict[str, object]


class Origin(TypedDict):
    """What an explanation was made from: all that determines it.

    Attributes:
        run: the record of the run.
        epoch: of the checkpoint.
        checkpoint_sha256: of its file.
        attribution: how its coins are explained.
        versions: of the packages that decide about the last digits, by name.
        failures: pairs of what failed, a cluster or a chunk, and the reason.
        page: fingerprint of what the page shows.
    """

    run: Record
    epoch: int
    checkpoint_sha256: str
    attribution: Attribution
    versions: dict[str, str]
    failures: list[list[str]]
    page: str


class Manifest(TypedDict):
    """What `write_manifest` writes: what it is given, and what each file is by its name."""

    files: dict[str, FileFacts]
    made_by: dict[str, object] | None
    made_from: Origin
    schema_version: int
    worth: dict[str, object] | None


def write_manifest(
    explanation: ExplanationLayout,
    made_from: Origin,
    *,
    made_by: Mapping[str, object] | None = None,
    worth: Mapping[str, object] | None = None,
    marked: Callable[[str], Mapping[str, object]] = lambda _: {},
) -> None:
    """Write the manifest of an explanation, last of all its files.

    Args:
        explanation: its files.
        made_from: all that determines it.
        made_by: plain values that say what has computed it, where several things can.
        worth: plain values that say what it is worth, if that is known.
        marked: returns by the name of a file what is to be recorded of it beside size and hash.
    """
    record = {
        "schema_version": SCHEMA_VERSION,
        "made_from": made_from,
        "made_by": made_by,
        "worth": worth,
    }
    listed = ((name, {**facts, **marked(name)}) for name, facts in _present(explanation))
    with replacing(explanation.manifest) as temporary, temporary.open("w", encoding="utf-8") as opened:
        opened.writelines(json_of(record, listed))


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
    own = ExplanationLayout(folder).manifest.name
    with closing(_listed(folder)) as listed:
        return [name for name in _without(_names(folder.resolve()), listed) if name != own]


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of an explanation: what it was made from, and its files.

    Raises:
        MissingError: the folder holds no manifest, so no explanation was finished in it.
        DamagedError: the manifest cannot be read.
    """
    path = ExplanationLayout(folder).manifest
    try:
        manifest = json.loads(path.read_text())
    except FileNotFoundError:
        raise _missing(folder) from None
    except ValueError as error:
        raise _unreadable(path, error) from error
    _check(path, manifest)
    if not isinstance(manifest.get("files"), dict):
        raise DamagedError(f"{path} lists no files; mend it with coin-xai explain")
    found: Manifest = manifest
    return found


def read_origin(folder: Path) -> Origin:
    """Return what an explanation was made from, as its manifest says; the files are passed over.

    Raises:
        MissingError: the folder holds no manifest, so no explanation was finished in it.
        DamagedError: the manifest cannot be read.
    """
    path = ExplanationLayout(folder).manifest
    try:
        with path.open(encoding="utf-8") as opened:
            return origin_in(opened)
    except FileNotFoundError:
        raise _missing(folder) from None
    except ValueError as error:
        raise _unreadable(path, error) from error


def origin_in(manifest: TextIO) -> Origin:
    """Return what an explanation was made from, from its opened manifest.

    Raises:
        ValueError: it is no manifest of ours.
    """
    listed = files_in_json(manifest)
    while True:
        try:
            next(listed)
        except StopIteration as ended:
            rest = ended.value
            break
    if not isinstance(rest.get("made_from"), dict):
        raise ValueError("it does not say what it was made from")
    origin: Origin = rest["made_from"]
    return origin


def _listed(folder: Path) -> Generator[Recorded, None, None]:
    """Yield what the manifest lists, in the order of names; it is never in memory, unless others wrote it."""
    path = ExplanationLayout(folder).manifest
    try:
        with path.open(encoding="utf-8") as opened:
            if opened.read(len(START)) == START:
                opened.seek(0)
                _check(path, (yield from files_in_json(opened)))
                return
    except FileNotFoundError:
        raise _missing(folder) from None
    except ValueError as error:
        raise _unreadable(path, error) from error
    yield from sorted(read_manifest(folder)["files"].items())


def _present(explanation: ExplanationLayout) -> Iterator[Recorded]:
    """Yield every file of the work that is done, in the order of names."""
    root, alone = explanation.root, (explanation.assignments, explanation.assignments_csv, explanation.report)
    folders = {f"{folder.relative_to(root).as_posix()}/": folder for folder in _finished(root)}
    loose = {path.name: path for path in alone}
    # No finished folder lies in another one, so their names come one folder after the other.
    for prefix in sorted((*folders, *loose)):
        if prefix in loose:
            yield prefix, describe(loose[prefix])
            continue
        marker = read_marker(folders[prefix])
        # What has no readable marker is not done, and does not belong to the explanation.
        if marker is not None:
            own = {**marker["files"], MARKER: describe(folders[prefix] / MARKER)}
            yield from sorted((prefix + name, facts) for name, facts in own.items())


def _finished(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        if MARKER in names:
            folders.clear()
            yield Path(folder)
        folders[:] = [name for name in folders if not name.startswith(UNFINISHED)]


def _names(folder: Path, prefix: str = "") -> Iterator[str]:
    """Yield the name of every file in a folder, in the order of names; links to folders are not followed."""
    with os.scandir(folder) as entries:
        found = sorted((f"{one.name}/" if one.is_dir() else one.name, one.is_symlink()) for one in entries)
    for name, link in found:
        if not name.endswith("/"):
            yield prefix + name
        elif not link:
            yield from _names(folder / name, prefix + name)


def _without(names: Iterator[str], listed: Iterator[Recorded]) -> Iterator[str]:
    """Yield the names that are not listed; both come in order."""
    known = next(listed, None)
    for name in names:
        while known is not None and known[0] < name:
            known = next(listed, None)
        if known is None or name != known[0]:
            yield name


def _check(path: Path, manifest: Any) -> None:
    if not isinstance(manifest, dict) or manifest.get("schema_version") != SCHEMA_VERSION:
        raise DamagedError(
            f"{path} is no manifest of version {SCHEMA_VERSION}, the one that this coin-xai reads; "
            "explain the run again, or use the version that made it"
        )


def _missing(folder: Path) -> MissingError:
    return MissingError(f"{folder} holds no finished explanation; make one with coin-xai explain")


def _unreadable(path: Path, error: ValueError) -> DamagedError:
    return DamagedError(f"{path} cannot be read ({error}); mend it with coin-xai explain")
