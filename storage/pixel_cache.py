"""Arrays by the hash of the file they were decoded from: appended once, read by every later run.

    <folder>/pixels.bin       the bytes of all arrays, one after the other
    <folder>/index.parquet    sha256, offset, height, width, crc32, and what else is known of each

The index is what counts: bytes that it does not speak of are left over from a process that died, and are
cut off by the next one that appends. Readers map the data into memory and check no sum, which would read
all of it; `damages` does.
"""

import os
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from storage.atomic import explaining_full_disk, write_frame
from storage.errors import DamagedError, MissingError
from storage.inventory import Stamp, stamp
from storage.lock import holding
from storage.markers import sweep

DATA = "pixels.bin"
INDEX = "index.parquet"
LOCK = "pixels.lock"
CHANNELS = 3

COLUMNS = ("sha256", "offset", "height", "width", "crc32")

# Each commit writes the whole index anew. By the clock they stay a small share of the time, however large the
# collection; after every few hundred arrays they would not.
SECONDS_BETWEEN_COMMITS = 30.0


class PixelCache:
    """The cache opened for appending; make one with `PixelCache.open`."""

    def __init__(self, folder: Path) -> None:
        """Continue after the last array that the index knows."""
        self.folder = folder
        index = _read_index(folder)
        self.rows: dict[str, dict[str, Any]] = {str(row["sha256"]): row for row in _records(index)}
        self.end = _end(index)
        self.data = (folder / DATA).open("ab", buffering=0)
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
        with holding(folder / LOCK):
            sweep(folder)
            cache = cls(folder)
            with cache.data:
                try:
                    yield cache
                finally:
                    cache.commit()

    def lookup(self, sha256: str) -> dict[str, Any] | None:
        """Return what is known of the array of a file, or None."""
        return self.rows.get(sha256)

    def append(self, sha256: str, pixels: npt.NDArray[np.uint8], **facts: Any) -> dict[str, Any]:
        """Add the array (H x W x 3) of a file and return what is known of it from now on.

        Raises:
            NoSpaceError: the disk is full; what was committed before stays.
        """
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != CHANNELS:
            raise ValueError(f"expected H x W x 3 uint8, got {pixels.shape} {pixels.dtype}")
        height, width, _ = pixels.shape
        content = pixels.tobytes()
        with explaining_full_disk(self.folder / DATA):
            written = 0
            try:
                while written < len(content):
                    written += self.data.write(content[written:])
            except BaseException:
                self.data.truncate(self.end)
                raise
        row = {
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
            with explaining_full_disk(self.folder / DATA):
                os.fsync(self.data.fileno())
            write_frame(self.folder / INDEX, pd.DataFrame(list(self.rows.values())))
            self.appended = False
        self.committed_at = time.monotonic()


def read_pixels(
    folder: Path, sha256s: Sequence[str]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the flat data, memory-mapped, and offset, height and width of the arrays of some files.

    Raises:
        MissingError: some file's array is not there.
    """
    path = folder / INDEX
    rows, places = _by_sha256(folder, stamp(path) if path.exists() else None)
    unknown = [one for one in sha256s if one not in rows]
    if unknown:
        raise MissingError(
            f"{folder} lacks the pixels of {len(unknown)} photographs; run the study on the photographs again"
        )
    data = np.memmap(folder / DATA, dtype=np.uint8, mode="r")
    offset, height, width = places[:, [rows[one] for one in sha256s]]
    return data, offset, height, width


def damages(folder: Path) -> list[str]:
    """Return a sentence for every array whose bytes are not those that were appended; reads all of them.

    Raises:
        DamagedError: the index cannot be read, or the data is shorter than it says.
    """
    index = _read_index(folder)
    if index.empty:
        return []
    data = np.memmap(folder / DATA, dtype=np.uint8, mode="r")
    sizes = index["height"] * index["width"] * CHANNELS
    return [
        f"{folder / DATA}: the pixels of the photograph with SHA-256 {sha256} are not those that were decoded"
        for sha256, offset, size, crc32 in zip(
            index["sha256"], index["offset"], sizes, index["crc32"], strict=True
        )
        if zlib.crc32(data[offset : offset + size].tobytes()) != crc32
    ]


@lru_cache(maxsize=1)
def _by_sha256(folder: Path, _stamp: Stamp | None) -> tuple[dict[str, int], npt.NDArray[np.int64]]:
    """Read the index once, however many chunks ask: the column of each file, and offset, height, width."""
    index = _read_index(folder)
    places = index[["offset", "height", "width"]].to_numpy(np.int64).T
    return {sha256: row for row, sha256 in enumerate(index["sha256"])}, places


def _read_index(folder: Path) -> pd.DataFrame:
    path, data = folder / INDEX, folder / DATA
    if not path.exists():
        return pd.DataFrame({name: [] for name in COLUMNS})
    try:
        index = pd.read_parquet(path)
    except (pa.ArrowException, OSError) as error:
        raise DamagedError(f"{path} cannot be read ({error}); {_delete(folder)}") from error
    if not set(COLUMNS) <= set(index.columns):
        raise DamagedError(f"{path} was written by an older coin-xai; {_delete(folder)}")
    size = data.stat().st_size if data.exists() else 0
    if size < _end(index):
        raise DamagedError(
            f"{data} has {size} bytes, fewer than the {_end(index)} of its index; {_delete(folder)}"
        )
    return index


def _delete(folder: Path) -> str:
    return f"delete {folder} and run the study on the photographs again, which makes it anew"


def _records(index: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in index.to_dict("records")]


def _end(index: pd.DataFrame) -> int:
    return int((index["offset"] + index["height"] * index["width"] * CHANNELS).max()) if len(index) else 0
