"""Arrays by the hash of the file they were decoded from: appended once, read by every later run.

    <folder>/pixels.bin       the bytes of all arrays, one after the other
    <folder>/index.parquet    sha256, offset, height, width, and what else is known of each

The index is what counts: bytes that it does not speak of are left over from a process that died, and are
cut off by the next one that appends.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from storage.atomic import explaining_full_disk, write_frame
from storage.errors import DamagedError, MissingError
from storage.lock import holding

DATA = "pixels.bin"
INDEX = "index.parquet"
LOCK = "pixels.lock"
CHANNELS = 3


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

    @classmethod
    @contextmanager
    def open(cls, folder: Path) -> Iterator["PixelCache"]:
        """Open for appending, alone; on leaving, what was appended is committed, also after an error.

        Raises:
            RunBusyError: another process is appending.
            DamagedError: the data is shorter than the index says.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with holding(folder / LOCK):
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
            NoSpaceError: the disk is full; the arrays before this one stay.
        """
        height, width, channels = pixels.shape
        if pixels.dtype != np.uint8 or channels != CHANNELS:
            raise ValueError(f"expected H x W x 3 uint8, got {pixels.shape} {pixels.dtype}")
        content = np.ascontiguousarray(pixels).tobytes()
        with explaining_full_disk(self.folder / DATA):
            written = 0
            try:
                while written < len(content):
                    written += self.data.write(content[written:])
            except OSError:
                self.data.truncate(self.end)
                raise
        row = {"sha256": sha256, "offset": self.end, "height": height, "width": width, **facts}
        self.end += len(content)
        self.rows[sha256] = row
        self.appended = True
        return row

    def commit(self) -> None:
        """Make everything appended so far survive."""
        if self.appended:
            with explaining_full_disk(self.folder / DATA):
                os.fsync(self.data.fileno())
            write_frame(self.folder / INDEX, pd.DataFrame(list(self.rows.values())))
            self.appended = False


def read_pixels(
    folder: Path, sha256s: Sequence[str]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the flat data, memory-mapped, and offset, height and width of the arrays of some files.

    Raises:
        MissingError: some file's array is not there.
    """
    index = _read_index(folder).set_index("sha256")
    unknown = [one for one in sha256s if one not in index.index]
    if unknown:
        raise MissingError(
            f"{folder} lacks the pixels of {len(unknown)} photographs; run the study on the photographs again"
        )
    found = index.loc[list(sha256s)]
    data = np.memmap(folder / DATA, dtype=np.uint8, mode="r")
    offset, height, width = (found[name].to_numpy(np.int64) for name in ("offset", "height", "width"))
    return data, offset, height, width


def _read_index(folder: Path) -> pd.DataFrame:
    path = folder / INDEX
    if not path.exists():
        return pd.DataFrame({"sha256": [], "offset": [], "height": [], "width": []})
    index = pd.read_parquet(path)
    data = folder / DATA
    size = data.stat().st_size if data.exists() else 0
    if size < _end(index):
        raise DamagedError(f"{data} is shorter than its index says; delete {folder}, it will be made again")
    return index


def _records(index: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in index.to_dict("records")]


def _end(index: pd.DataFrame) -> int:
    return int((index["offset"] + index["height"] * index["width"] * CHANNELS).max()) if len(index) else 0
