"""Arrays of pixels kept once per content, shared by all runs: they only ever grow.

A cache is a folder of three files:

    pixels.bin      the arrays (H x W x 3, uint8), one after the other
    index.parquet   one row per array: sha256 of what it was made from, offset, height, width, columns
    lock            held by the one process that writes

The index is the truth. It is replaced by a rename after the bytes that it speaks of are on disk, so a
process that dies leaves at worst bytes that no index knows; the next writer cuts them off.
"""

import fcntl
import io
import json
import logging
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from storage.atomic import TEMPORARY_SUFFIX, explaining_full_disk, write_bytes
from storage.errors import DamagedError, RunBusyError

logger = logging.getLogger(__name__)

PIXELS, INDEX, LOCK = "pixels.bin", "index.parquet", "lock"
OWN_COLUMNS = ("sha256", "offset", "height", "width")

Value = str | int | float | bool | None
Row = dict[str, Any]  # OWN_COLUMNS and those of the caller


class PixelCache:
    """The one writer of a cache; made by `open`, used as a context manager, from one thread at a time.

    Leaving the context commits, unless an exception left it; `close` alone does not.
    """

    def __init__(self, folder: Path, lock: int, pixels: int, rows: list[Row]) -> None:
        self.folder = folder
        self._lock = lock
        self._pixels = pixels
        self._rows = rows
        self._by_content = {row["sha256"]: row for row in rows}
        self._committed = len(rows)
        self._end = _end(rows)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens a cache for writing, makes it where there is none, and mends what a dead writer left.

        Args:
            folder: its own folder; its parents are made too.

        Raises:
            RunBusyError: another process, or another part of this one, has it open.
            DamagedError: index and pixels do not fit each other.
        """
        folder.mkdir(parents=True, exist_ok=True)
        lock = _hold_lock(folder)
        pixels = -1
        try:
            rows = _read_index(folder) if (folder / INDEX).exists() else []
            for left_over in folder.glob(f".*{TEMPORARY_SUFFIX}"):
                left_over.unlink()
            if not (folder / INDEX).exists():
                # Not cut to nothing in place: a reader may have mapped it before somebody lost the index.
                (folder / PIXELS).unlink(missing_ok=True)
            pixels = os.open(folder / PIXELS, os.O_RDWR | os.O_CREAT, 0o666)
            surplus = os.fstat(pixels).st_size - _end(rows)
            if surplus > 0:
                logger.info("%s: cut off %d bytes that were never committed", folder, surplus)
                os.ftruncate(pixels, _end(rows))
            return cls(folder, lock, pixels, rows)
        except BaseException:
            if pixels >= 0:
                os.close(pixels)
            os.close(lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            self.close()

    def __len__(self) -> int:
        return len(self._rows)

    def lookup(self, sha256: str) -> Row | None:
        """The row of an array, committed or not, or None: a copy, with the columns given to `append`."""
        row = self._by_content.get(sha256)
        return None if row is None else dict(row)

    def append(self, sha256: str, array: npt.NDArray[np.uint8], **columns: Value) -> bool:
        """Adds an array, to be found by the next `lookup` and to stay from the next `commit`.

        Args:
            sha256: hexadecimal hash of what the array was made from.
            array: H x W x 3, uint8, H and W at least 1.
            columns: what else to keep; the same names, and per name the same type or None, for all arrays.

        Returns:
            Whether it was added; False where the content is there already.

        Raises:
            NoSpaceError: the disk is full; all arrays before this one can still be committed.
        """
        if sha256 in self._by_content:
            return False
        if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3 or array.size == 0:
            raise ValueError(f"{sha256}: expected H x W x 3 of uint8, got {array.shape} of {array.dtype}")
        height, width, _ = array.shape
        self._check_columns(columns)
        data = np.ascontiguousarray(array).reshape(-1).data
        try:
            with explaining_full_disk(self.folder / PIXELS, bytes_needed=len(data)):
                written = 0
                while written < len(data):
                    written += os.pwrite(self._pixels, data[written:], self._end + written)
        except BaseException:
            os.ftruncate(self._pixels, self._end)
            raise
        row = {"sha256": sha256, "offset": self._end, "height": height, "width": width, **columns}
        self._rows.append(row)
        self._by_content[sha256] = row
        self._end += len(data)
        return True

    def commit(self) -> None:
        """Makes all arrays appended so far outlive the process and a power failure.

        Raises:
            NoSpaceError: the disk is full; what was committed before stays readable, try again later.
            DamagedError: somebody deleted the folder meanwhile.
        """
        if self._committed == len(self._rows):
            return
        self._check_in_place()
        with explaining_full_disk(self.folder / PIXELS, bytes_needed=self._end):
            os.fsync(self._pixels)
        buffer = io.BytesIO()
        # From rows, not by way of a frame: integers beside nulls stay integers.
        pq.write_table(pa.Table.from_pylist(self._rows), buffer)
        write_bytes(self.folder / INDEX, buffer.getbuffer())
        self._committed = len(self._rows)

    def close(self) -> None:
        """Lets the next writer in; what was appended since the last commit is dropped."""
        if self._lock < 0:
            return
        os.ftruncate(self._pixels, _end(self._rows[: self._committed]))
        os.close(self._pixels)
        os.ftruncate(self._lock, 0)
        os.close(self._lock)
        # A later use fails: it must not reach a file that got the same number.
        self._lock = self._pixels = -1

    def _check_columns(self, columns: dict[str, Value]) -> None:
        """Refuses now what would make the whole commit fail later."""
        if taken := set(columns) & set(OWN_COLUMNS):
            raise ValueError(f"the cache keeps its own columns {sorted(taken)}")
        if not self._rows:
            return
        expected = set(self._rows[0]) - set(OWN_COLUMNS)
        if set(columns) != expected:
            raise ValueError(f"this cache has the columns {sorted(expected)}, got {sorted(columns)}")
        for name, value in columns.items():
            first = next((row[name] for row in self._rows if row[name] is not None), None)
            if value is not None and first is not None and type(value) is not type(first):
                raise ValueError(
                    f"column {name} holds {type(first).__name__}, got {value!r} ({type(value).__name__})"
                )

    def _check_in_place(self) -> None:
        """Refuses to index the bytes of a file that is no longer the one in the folder."""
        path = self.folder / PIXELS
        if not path.exists() or not os.path.samestat(path.stat(), os.fstat(self._pixels)):
            raise DamagedError(f"{path} was deleted or replaced while it was written; start the run again")


def read_pixels(
    folder: Path, sha256s: Sequence[str]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The arrays of the given contents, without a lock: a writer may append meanwhile.

    Args:
        folder: of a cache with at least one commit.
        sha256s: hexadecimal hashes, in the wanted order; repetitions are fine.

    Returns:
        All committed bytes (flat, read-only, memory-mapped), and offsets, heights and widths (n each).

    Raises:
        DamagedError: the cache is not there, does not fit its index, or lacks one of the contents.
    """
    if not (folder / INDEX).exists():
        raise DamagedError(f"{folder} holds no committed pixels; take in the photographs again")
    rows = _read_index(folder)
    by_content = {row["sha256"]: row for row in rows}
    if missing := [sha256 for sha256 in sha256s if sha256 not in by_content]:
        raise DamagedError(
            f"{folder} lacks the pixels of {len(missing)} of {len(sha256s)} photographs, "
            f"the first with sha256 {missing[0]}; take in the photographs again"
        )
    flat: npt.NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)
    flat.flags.writeable = False
    if end := _end(rows):  # an empty file cannot be mapped
        flat = np.memmap(folder / PIXELS, dtype=np.uint8, mode="r", shape=(end,))
    chosen = [by_content[sha256] for sha256 in sha256s]
    offsets, heights, widths = (
        np.array([row[name] for row in chosen], dtype=np.int64) for name in ("offset", "height", "width")
    )
    return flat, offsets, heights, widths


def _end(rows: list[Row]) -> int:
    """How many bytes the rows cover: they lie one after the other."""
    return rows[-1]["offset"] + rows[-1]["height"] * rows[-1]["width"] * 3 if rows else 0


def _read_index(folder: Path) -> list[Row]:
    """The rows of the index, checked against each other and against the size of the pixels."""
    advice = f"delete the folder {folder}, it will be made again from the photographs"
    try:
        # Handed over as bytes: a rename by the writer in between cannot mix two versions.
        rows: list[Row] = pq.read_table(io.BytesIO((folder / INDEX).read_bytes())).to_pylist()
        end = 0
        for row in rows:
            if row["offset"] != end or row["height"] < 1 or row["width"] < 1:
                raise ValueError(f"a gap at byte {end}")
            end += row["height"] * row["width"] * 3
        if len({row["sha256"] for row in rows}) < len(rows):
            raise ValueError("one content twice")
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"{folder / INDEX} cannot be read ({error}); {advice}") from error
    path = folder / PIXELS
    size = path.stat().st_size if path.exists() else 0
    if size < end:
        raise DamagedError(f"{path} has {size:,} bytes, its index speaks of {end:,}; {advice}")
    return rows


def _hold_lock(folder: Path) -> int:
    """Takes the kernel's lock on a cache, which ends with the process however it ends."""
    path = folder / LOCK
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        with explaining_full_disk(path):
            os.ftruncate(lock, 0)
            os.pwrite(lock, json.dumps(holder).encode(), 0)
    except BlockingIOError as error:
        os.close(lock)
        raise RunBusyError(
            f"{folder} is being written by {_holder(path)}; wait until that has ended, or end it"
        ) from error
    except BaseException:
        os.close(lock)
        raise
    return lock


def _holder(path: Path) -> str:
    """Who holds the lock, in words; the record may not be written yet."""
    try:
        record = json.loads(path.read_bytes())
        return f"process {record['pid']} on {record['host']} since {record['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"
