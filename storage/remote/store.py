"""An object store, reached through fsspec. Every key is made or checked here.

<root>/<run>/
├── explanations/<fingerprint>/...      as on disk: contents, then markers, the manifest last
└── .store/
    ├── index.json                      all other files of the run, by name; written last, in one step
    ├── contents/<sha256>               what is in them; never written over with something else
    └── lease/<number>.json             who works on the run

Who knows the credentials is fsspec's implementation, from its own environment; they never pass through here.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import fsspec

from storage.atomic import TEMPORARY
from storage.errors import DamagedError, MissingError, PlaceError, StorageError, UnreachableError
from storage.inventory import Verify
from storage.markers import UNFINISHED
from storage.place import URL, is_url
from storage.runs import check_name

OWN = ".store"
INDEX = f"{OWN}/index.json"
AT_ONCE = 16
LONGEST_NAME = 255
BLOCK = 1 << 20

T = TypeVar("T")
R = TypeVar("R")


def is_inside(name: str) -> bool:
    """Tell whether a name that came from a store names a file inside of the folder that it is relative to."""
    return (
        name.isprintable()
        and "\\" not in name
        and all(
            part not in ("", ".", "..")
            and not part.startswith((UNFINISHED, TEMPORARY))
            and len(os.fsencode(part)) <= LONGEST_NAME
            for part in name.split("/")
        )
    )


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turn whatever a store's library raises into one error that says what to do."""
    try:
        yield
    except (StorageError, FileNotFoundError, FileExistsError):
        raise
    except Exception as error:
        raise UnreachableError(
            f"a request to the store {url} failed ({type(error).__name__}: {error}); look at "
            "address, network and rights, then run the same command again"
        ) from error


def at_once(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do the same with many objects, some at a time: most of it is waiting."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(work, items))


@dataclass(frozen=True)
class RemoteRun:
    """The objects of one run; names are relative to it, with `/` between folders."""

    filesystem: Any
    root: str
    url: str

    def sizes(self, folder: str = "") -> dict[str, int]:
        """Return name and size of every object of the run, or of one folder; strange names are left out."""
        with reaching(self.url):
            try:
                found = self.filesystem.find(self._key(folder) if folder else self.root, detail=True)
            except FileNotFoundError:
                return {}
        names = {key.removeprefix(f"{self.root}/"): facts for key, facts in found.items()}
        return {
            name: int(facts["size"])
            for name, facts in names.items()
            if is_inside(name) and facts["type"] == "file"
        }

    def read(self, name: str) -> bytes | None:
        """Return what is in an object, or None where there is none."""
        with reaching(self.url):
            try:
                content: bytes = self.filesystem.cat_file(self._key(name))
            except FileNotFoundError:
                return None
        return content

    def read_json(self, name: str) -> dict[str, Any] | None:
        """Return a JSON object, or None where there is none that can be read."""
        return parsed(self.read(name))

    def hash(self, name: str) -> str | None:
        """Return the SHA-256 of an object, or None where there is none."""
        digest = hashlib.sha256()
        with reaching(self.url):
            try:
                with self.filesystem.open(self._key(name), "rb") as file:
                    while block := file.read(BLOCK):
                        digest.update(block)
            except FileNotFoundError:
                return None
        return digest.hexdigest()

    def fetch(self, name: str, path: Path) -> None:
        """Write an object into a file.

        Raises:
            FileNotFoundError: there is no such object.
        """
        with reaching(self.url):
            self.filesystem.get_file(self._key(name), str(path))

    def write(self, name: str, content: bytes) -> None:
        """Write an object, in one step."""
        with reaching(self.url):
            self.filesystem.pipe_file(self._key(name), content)

    def create(self, name: str, content: bytes) -> bool:
        """Write an object if there is none of that name, in one step; tell whether it was done.

        Raises:
            MissingError: the bucket is not there.
        """
        with reaching(self.url):
            try:
                # What fsspec does for mode="create" elsewhere is to look first and write then.
                with self.filesystem.open(self._key(name), "xb") as file:
                    file.write(content)
            except FileExistsError:
                return False
            except FileNotFoundError:
                raise MissingError(f"there is no place for {self.url}; make the bucket first") from None
        return True

    def send(self, name: str, path: Path) -> None:
        """Write a file into an object.

        Raises:
            FileNotFoundError: there is no such file.
        """
        with reaching(self.url):
            self.filesystem.put_file(str(path), self._key(name))

    def send_open(self, name: str, file: BinaryIO) -> None:
        """Write the rest of an open file into an object; it may be replaced under its name meanwhile."""
        with reaching(self.url), self.opened(name) as remote:
            while block := file.read(BLOCK):
                remote.write(block)

    def opened(self, name: str) -> Any:
        """Open an object for writing; it is there once the file is closed."""
        return self.filesystem.open(self._key(name), "wb")

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; some may be gone."""

        def remove(name: str) -> None:
            with suppress(FileNotFoundError):
                self.filesystem.rm_file(self._key(name))

        with reaching(self.url):
            at_once(remove, names)

    def damage(
        self, name: str, recorded: Any, sizes: dict[str, int], *, verify: Verify = "size"
    ) -> str | None:
        """Return what is wrong with an object, by size or by content as well, or None."""
        if not is_record(recorded):
            return "has no size and hash on record"
        if name not in sizes:
            return "is missing"
        if sizes[name] != recorded["bytes"]:
            return f"has {sizes[name]} bytes instead of {recorded['bytes']}"
        if verify == "hash" and self.hash(name) != recorded["sha256"]:
            return "has other content than was written"
        return None

    def _key(self, name: str) -> str:
        if not is_inside(name):
            raise PlaceError(f"{name!r} names nothing inside of {self.url}")
        return f"{self.root}/{name}"


@dataclass(frozen=True)
class Store:
    """A store that holds runs; made by `open_store`."""

    filesystem: Any
    root: str
    url: str

    def run(self, name: str) -> RemoteRun:
        """Return the run of that name, whether there is one or not.

        Raises:
            RunMismatchError: that is no name for a run.
        """
        check_name(name)
        return RemoteRun(self.filesystem, f"{self.root}/{name}", f"{self.url}/{name}")

    def pixels(self, key: str) -> RemoteRun:
        """Return the folder of decoded photographs that all runs of the store share.

        Raises:
            DamagedError: no folder has that name.
        """
        if "/" in key or not is_inside(key):
            raise DamagedError(
                f"{key!r} names no folder of pixels in {self.url}; the run's record is damaged"
            )
        return RemoteRun(self.filesystem, f"{self.root}/pixels/{key}", f"{self.url}/pixels/{key}")

    def runs(self) -> list[RemoteRun]:
        """Return the runs of the store, by name."""
        with reaching(self.url):
            try:
                folders = self.filesystem.ls(self.root, detail=True)
            except FileNotFoundError:
                return []
        names = sorted(str(one["name"]).rstrip("/").rsplit("/", 1)[-1] for one in folders)
        remotes = []
        for name in names:
            try:
                remotes.append(self.run(name))
            except StorageError:
                continue
        return [remote for remote in remotes if remote.read(INDEX) is not None]


def open_store(url: str) -> Store:
    """Return the store at an address; nothing is asked of it yet.

    Raises:
        PlaceError: the address cannot be that of a store.
    """
    address = url.rstrip("/")
    rest = URL.sub("", address, count=1)
    if "@" in rest.split("/")[0]:
        raise PlaceError(
            f"the address of a store holds no names and passwords (before @{rest.split('@')[-1]}); give them "
            "by the environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if (
        not is_url(address)
        or not rest
        or "::" in address
        or "?" in address
        or any(part in ("", ".", "..") for part in rest.lstrip("/").split("/"))
    ):
        raise PlaceError(f"{url} is no address of a store; give one such as s3://bucket/folder")
    try:
        # What was listed a moment ago is no truth: others write here.
        options = {"use_listings_cache": False}
        if address.startswith(("file:", "local:")):
            options["auto_mkdir"] = True
        filesystem, root = fsspec.url_to_fs(address, **options)
    except ImportError as error:
        raise PlaceError(
            f"{url} needs a library that is not installed ({error}); for s3: pip install 's3fs'"
        ) from error
    except ValueError as error:
        raise PlaceError(
            f"{url} is no address of a store ({error}); give one such as s3://bucket/folder"
        ) from error
    return Store(filesystem, root, address)


def is_record(recorded: Any) -> bool:
    """Tell whether a value, which may come from anywhere, records size and hash of a file."""
    return (
        isinstance(recorded, dict)
        and isinstance(recorded.get("bytes"), int)
        and re.fullmatch("[0-9a-f]{64}", str(recorded.get("sha256"))) is not None
    )


def parsed(content: bytes | None) -> dict[str, Any] | None:
    """Return the object that a JSON text is, or None."""
    try:
        found = json.loads(content or b"")
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
