"""Arrays by the hash of the file they were decoded from: appended once, read by every later run.

    <folder>/pixels.bin       the bytes of all arrays, one after the other
    <folder>/pixels-2.bin     in its place, once arrays were dropped twice (storage.unused_pixels)
    <folder>/index.parquet    sha256, offset, height, width, crc32, and what else is known of each

The index is what counts, and says which file of bytes is its own: bytes that it does not speak of are left
over from a process that died, and are cut off by the next one that appends. Readers map the data into memory
and check no sum, which would read all of it; `damages` does.
"""

import os
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TypedDict, TypeVar, Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from storage.atomic import explaining_full_disk, write_frame
from storage.errors import DamagedError, MissingError
from storage.inventory import Stamp, stamp
from storage.lock import holding
from storage.markers import leftovers

DATA = "pixels.bin"
INDEX = "index.parquet"
LOCK = "pixels.lock"
CHANNELS = 3

COLUMNS = ("sha256", "offset", "height", "width", "crc32")
"""Without which nothing of an index can be read; the further ones are those of `Facts`."""
GENERATION = "generation"
"""Column of an index that arrays were dropped from: how often, the same in every row."""

T = TypeVar("T")

# Each commit writes the whole index anew. By the clock they stay a small share of the time, however large the
# collection; after every few hundred arrays they would not.
SECONDS_BETWEEN_COMMITS = 30.0


class Facts(TypedDict, total=False):
    """What is known of a photograph beside its array: its own size in pixels, and the format of its file."""

    original_width: int
    original_height: int
    format: str


class Array(Facts):
    """An array by itself: the hash of the file it was decoded from, its size in pixels, a checksum."""

    sha256: str
    height: int
    width: int
    crc32: int


class Kept(Array):
    """What the index knows of an array: also where it begins in the data, in bytes."""

    offset: int


class PixelCache:
    """The cache opened for appending; make one with `PixelCache.open`."""

    def __init__(self, folder: Path) -> None:
        """Continue after the last array that the index knows."""
        self.folder = folder
        index = read_index(folder)
        self.rows: dict[str, Kept] = {row["sha256"]: row for row in index.to_dict("records")}
        self.end = _end(index)
        self.generation = generation_of(index)
        self.file = data_file(folder, self.generation)
        self.data = self.file.open("ab", buffering=0)
        self.data.truncate(self.end)
        self.appended = False
        self.committed_at = time.monotonic()

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator["PixelCache"]:
        """Open for appending, alone; on leaving, what was appended is committed, also after an error.

        A process that is killed loses what it appended in the last half minute.

        Raises:
            RunBusyError: another process is appending.
            DamagedError: the index cannot be read, or the data is shorter than it says.
            NoSpaceError: the disk is full; what was committed before stays.
        """
        with alone(folder):
            cache = cls(folder)
            with cache.data:
                try:
                    yield cache
                finally:
                    cache.commit()

    def lookup(self, sha256: str) -> Kept | None:
        """Return what is known of the array of a file, or None."""
        return self.rows.get(sha256)

    def read(self, row: Kept) -> npt.NDArray[np.uint8]:
        """Return the array that a row of `lookup` speaks of (H x W x 3)."""
        height, width = row["height"], row["width"]
        with self.file.open("rb") as data:
            data.seek(row["offset"])
            content = data.read(height * width * CHANNELS)
        return np.frombuffer(content, dtype=np.uint8).reshape(height, width, CHANNELS)

    def append(self, sha256: str, pixels: npt.NDArray[np.uint8], **facts: Unpack[Facts]) -> Kept:
        """Add the array (H x W x 3) of a file and return what is known of it from now on.

        Raises:
            NoSpaceError: the disk is full; what was committed before stays.
        """
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != CHANNELS:
            raise ValueError(f"expected H x W x 3 uint8, got {pixels.shape} {pixels.dtype}")
        height, width, _ = pixels.shape
        content = pixels.tobytes()
        with explaining_full_disk(self.file):
            written = 0
            try:
                while written < len(content):
                    written += self.data.write(content[written:])
            except BaseException:
                self.data.truncate(self.end)
                raise
        row: Kept = {
            "sha256": sha256,
            "offset": self.end,
            "height": height,
            "width": width,
            "crc32": zlib.crc32(content),
            **facts,
        }
        self.end += len(content)
        self.rows[sha256] = row
        self.appended = True
        if time.monotonic() - self.committed_at >= SECONDS_BETWEEN_COMMITS:
            self.commit()
        return row

    def commit(self) -> None:
        """Make everything appended so far survive."""
        if self.appended:
            with explaining_full_disk(self.file):
                os.fsync(self.data.fileno())
            write_index(self.folder, pd.DataFrame(list(self.rows.values())), generation=self.generation)
            self.appended = False
        self.committed_at = time.monotonic()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the cache alone, without what a killed process left in it.

    Raises:
        RunBusyError: another process is appending.
        DamagedError: the index cannot be read, or the data is shorter than it says.
    """
    with holding(folder / LOCK):
        for path in left_over(folder):
            path.unlink(missing_ok=True)
        yield


def left_over(folder: Path) -> list[Path]:
    """Return what a killed process left: half-written files, and data that the index does not name.

    Raises:
        DamagedError: the index cannot be read, or the data is shorter than it says.
    """
    own = data_file(folder, generation_of(read_index(folder)))
    return [*leftovers(folder), *(path for path in folder.glob("pixels*.bin") if path != own)]


def read_pixels(
    folder: Path, sha256s: Sequence[str]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the flat data, memory-mapped, and offset, height and width of the arrays of some files.

    Raises:
        MissingError: some file's array is not there.
    """
    rows, places, data = _settled(folder, lambda seen: _mapped(folder, seen))
    unknown = [one for one in sha256s if one not in rows]
    if unknown:
        raise MissingError(
            f"{folder} lacks the pixels of {len(unknown)} photograph{'s' if len(unknown) > 1 else ''}; run "
            "the study on the photographs again"
        )
    offset, height, width = places[:, [rows[one] for one in sha256s]]
    return data, offset, height, width


def damages(folder: Path) -> list[str]:
    """Return a sentence for every array whose bytes are not those that were appended; reads all of them.

    Raises:
        DamagedError: the index cannot be read, or the data is shorter than it says.
    """
    index, data = _settled(folder, lambda _: _opened(folder))
    file = data_file(folder, generation_of(index))
    return [
        f"{file}: the pixels of the photograph with SHA-256 {sha256} are not those that were decoded"
        for sha256, offset, size, crc32 in zip(
            index["sha256"], index["offset"], sizes_of(index), index["crc32"], strict=True
        )
        if zlib.crc32(data[offset : offset + size].tobytes()) != crc32
    ]


def read_index(folder: Path) -> pd.DataFrame:
    """Return what is known of each array; no rows where there is no index.

    Raises:
        DamagedError: the index cannot be read, or the data is shorter than it says.
    """
    path = folder / INDEX
    if not path.exists():
        return pd.DataFrame({name: [] for name in COLUMNS})
    try:
        index = pd.read_parquet(path)
        data = data_file(folder, generation_of(index))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DamagedError(f"{path} cannot be read ({error}); {_delete(folder)}") from error
    if not set(COLUMNS) <= set(index.columns):
        raise DamagedError(f"{path} was written by an older coin-xai; {_delete(folder)}")
    size = data.stat().st_size if data.exists() else 0
    if size < _end(index):
        raise DamagedError(
            f"{data} has {size} bytes, fewer than the {_end(index)} of its index; {_delete(folder)}"
        )
    return index


def write_index(folder: Path, index: pd.DataFrame, *, generation: int) -> None:
    """Make an index the one that counts, and with it the data file of its generation."""
    write_frame(folder / INDEX, index.assign(**{GENERATION: generation}) if generation else index)


def generation_of(index: pd.DataFrame) -> int:
    """Return how often arrays were dropped from what an index is of."""
    return int(index[GENERATION].iloc[0]) if GENERATION in index and len(index) else 0


def data_file(folder: Path, generation: int) -> Path:
    """Return the file with the bytes of all arrays."""
    return folder / (f"pixels-{generation}.bin" if generation else DATA)


def sizes_of(index: pd.DataFrame) -> pd.Series:
    """Return how many bytes each array has."""
    return index["height"] * index["width"] * CHANNELS


@lru_cache(maxsize=1)
def _by_sha256(folder: Path, _stamp: Stamp | None) -> tuple[dict[str, int], npt.NDArray[np.int64], Path]:
    """Read the index once, however many chunks ask: the column of each file, and offset, height, width."""
    index = read_index(folder)
    places = index[["offset", "height", "width"]].to_numpy(np.int64).T
    columns = {sha256: row for row, sha256 in enumerate(index["sha256"])}
    return columns, places, data_file(folder, generation_of(index))


def _mapped(
    folder: Path, seen: Stamp | None
) -> tuple[dict[str, int], npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    rows, places, file = _by_sha256(folder, seen)
    return rows, places, _map(file) if rows else np.empty(0, np.uint8)


def _opened(folder: Path) -> tuple[pd.DataFrame, npt.NDArray[np.uint8]]:
    index = read_index(folder)
    return index, np.empty(0, np.uint8) if index.empty else _map(data_file(folder, generation_of(index)))


def _map(file: Path) -> npt.NDArray[np.uint8]:
    return np.memmap(file, dtype=np.uint8, mode="r")


def _settled(folder: Path, look: Callable[[Stamp | None], T]) -> T:
    """Return what is seen of index and data; it looks again if arrays were dropped between the two."""
    while True:
        seen = _stamp_of(folder)
        try:
            return look(seen)
        except (FileNotFoundError, DamagedError):
            if _stamp_of(folder) == seen:
                raise


def _stamp_of(folder: Path) -> Stamp | None:
    try:
        return stamp(folder / INDEX)
    except FileNotFoundError:
        return None


def _delete(folder: Path) -> str:
    return f"delete {folder} and run the study on the photographs again, which makes it anew"


def _end(index: pd.DataFrame) -> int:
    return int((index["offset"] + sizes_of(index)).max()) if len(index) else 0
