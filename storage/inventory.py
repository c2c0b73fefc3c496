"""Files on record: what a file is, by size and SHA-256, and whether it still is that.

Records lie on disk beside the files and may have been changed by anyone. So a name in a record is followed
only inside of the folder that the record is of.
"""

import json
import os
import stat
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TextIO, TypedDict

from storage.fingerprint import hash_file

Verify = Literal["size", "hash"]
Stamp = tuple[int, int, int]
Recorded = tuple[str, Any]
"""The name of a file, and what is recorded of it."""

FILES = "files"


class FileFacts(TypedDict):
    """What a file is, as records say it in JSON: its size and its SHA-256."""

    bytes: int
    sha256: str


def describe(path: Path) -> FileFacts:
    """Return what is recorded of a file."""
    return {"bytes": path.stat().st_size, "sha256": hash_file(path)}


def stamp(path: Path) -> Stamp:
    """Return what changes whenever a file is written anew."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def json_of(record: Mapping[str, object], files: Iterable[Recorded]) -> Iterator[str]:
    """Yield a record as JSON, piece by piece: keys in order, and under `files` a line for each file.

    Args:
        record: all but the files.
        files: in the order of their names.
    """
    encode = json.JSONEncoder(sort_keys=True, allow_nan=False).encode
    before = "{\n"
    for key in sorted((*record, FILES)):
        yield f"{before} {encode(key)}: "
        before = ",\n"
        if key == FILES:
            start = "{\n"
            for name, facts in files:
                yield f"{start}  {encode(name)}: {encode(facts)}"
                start = ",\n"
            yield "\n }" if start == ",\n" else "{\n\n }"
        else:
            yield json.dumps(record[key], indent=1, sort_keys=True, allow_nan=False).replace("\n", "\n ")
    yield "\n}\n"


def files_in_json(file: TextIO) -> Generator[Recorded, None, dict[str, Any]]:
    """Yield the files of a record that `json_of` wrote, a line at a time, and return the rest of it.

    Raises:
        ValueError: it did not, or not to the end.
    """
    if file.readline() != "{\n" or file.readline() != f' "{FILES}": {{\n':
        raise ValueError("it does not begin with its files")
    for line in file:
        if line.startswith(" }"):
            rest: dict[str, Any] = json.loads("{" + line[2:].lstrip(",") + file.read())
            return rest
        if line != "\n":
            yield from json.loads("{" + line.rstrip("\n").removesuffix(",") + "}").items()
    raise ValueError("it ends before its files do")


def damages(root: Path, recorded: Iterable[Recorded], *, verify: Verify = "hash") -> list[str]:
    """Return a sentence for every file that is missing or not what was recorded.

    Args:
        root: the folder that the record is of.
        recorded: names relative to the root, each with what `describe` said of the file.
        verify: compare sizes alone, or contents as well.
    """
    files = _Files(root)
    found = []
    for name, expected in recorded:
        damage = _damage(files, name, expected, verify)
        if damage is not None:
            found.append(f"{name if name.isprintable() else repr(name)} {damage}")
    return found


class _Files:
    """Finds files inside of a folder, following the links of each folder in it once."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._folders: dict[str, str | None] = {}

    def find(self, name: str) -> tuple[str, os.stat_result] | None:
        """Return where a file lies, and its status, or None if that is outside of the folder."""
        folder, slash, own = name.rpartition("/")
        if own not in ("", ".", "..") and not (slash and not folder):
            if folder not in self._folders:
                self._folders[folder] = self._inside(folder)
            led = self._folders[folder]
            if led is None:
                return None
            path = f"{led}/{own}"
            status = os.lstat(path)
            if not stat.S_ISLNK(status.st_mode):
                return path, status
        inside = self._inside(name)
        return None if inside is None else (inside, os.stat(inside))  # noqa: PTH116

    def _inside(self, name: str) -> str | None:
        path = (self._root / name).resolve()
        return str(path) if path.is_relative_to(self._root) else None


def _damage(files: _Files, name: str, expected: Any, verify: Verify) -> str | None:
    try:
        size, sha256 = expected["bytes"], expected["sha256"]
    except (KeyError, TypeError):
        return "has no size and hash on record"
    try:
        found = files.find(name)
        if found is None:
            return "lies outside of the folder and was not opened"
        path, status = found
        # Reading a pipe or a device would never end.
        if not stat.S_ISREG(status.st_mode):
            return "is no file"
        if status.st_size != size:
            return f"has {status.st_size} bytes instead of {size}"
        if verify == "hash" and hash_file(Path(path)) != sha256:
            return "has other content than was written"
    except (FileNotFoundError, NotADirectoryError):
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (ValueError, RuntimeError):
        # A zero byte in the name; a link that leads to itself.
        return "cannot name a file"
    return None
