"""Which decoded photographs no run uses, and the cache of them without those.

What stays is copied into a new file, which the index names from then on, in one step. So at any moment the
cache is the one of before or the one of after, and whoever has the old file mapped into memory keeps it.
"""

from collections.abc import Set
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from storage.atomic import replacing, sync
from storage.layout import collection_file, pixels_folder
from storage.pixel_cache import INDEX, data_file, generation_of, read_index, sizes_of, write_index
from storage.runs import list_runs, pixels_of
from storage.tables import read_frame


class Unused(NamedTuple):
    """How many photographs no run uses, and how many bytes of pixels that is."""

    photographs: int
    bytes: int


def caches(runs: Path) -> list[Path]:
    """Return the folders of decoded photographs, one for each way of decoding."""
    folder = pixels_folder(runs, "")
    return sorted(one for one in folder.iterdir() if one.is_dir()) if folder.is_dir() else []


def old_collections(runs: Path, before: float) -> list[Path]:
    """Return the tables of coins that were written before a time (seconds since 1970).

    Runs have copies of theirs; a study that is begun anew writes its table anew.
    """
    return [file for file in _collections(runs) if file.stat().st_mtime < before]


def used(cache: Path, runs: Path, before: float) -> set[str]:
    """Return the SHA-256 of the photographs in use: by a run, or by a study that may just be beginning one.

    Args:
        cache: the folder of decoded photographs, which this process holds alone if it is to drop others.
        runs: the folder of all runs.
        before: a table of coins that was written later than this time is in use (seconds since 1970).

    Raises:
        DamagedError: the photographs of a run cannot be told.
    """
    tables = [layout.coins for layout in list_runs(runs) if pixels_of(layout) == cache]
    tables = [table for table in tables if table.exists()]  # a run that has just begun has none yet
    tables += [file for file in _collections(runs) if file.stat().st_mtime >= before]
    found: set[str] = set()
    for table in tables:
        found |= {*read_frame(table, ["sha256"])["sha256"].dropna()}
    return found


def unused(cache: Path, in_use: Set[str]) -> Unused:
    """Return how much of a cache nothing uses.

    Raises:
        DamagedError: its index cannot be read, or the data is shorter than it says.
    """
    index = read_index(cache)
    going = index[~index["sha256"].isin(in_use)]
    return Unused(len(going), int(sizes_of(going).sum()))


def drop_unused(cache: Path, in_use: Set[str]) -> None:
    """Keep the pixels of the photographs in use alone; the cache is held alone (storage.pixel_cache.alone).

    Raises:
        NoSpaceError: there is no room for a copy of what stays; all is as it was.
    """
    index = read_index(cache)
    staying = index[index["sha256"].isin(in_use)].sort_values("offset", kind="stable")
    if len(staying) == len(index):
        return
    generation = generation_of(index)
    if staying.empty:
        (cache / INDEX).unlink()
        sync(cache)
    else:
        _copy(cache, staying, generation)
    data_file(cache, generation).unlink()


def _copy(cache: Path, staying: pd.DataFrame, generation: int) -> None:
    sizes = sizes_of(staying)
    data = np.memmap(data_file(cache, generation), dtype=np.uint8, mode="r")
    with replacing(data_file(cache, generation + 1)) as temporary, temporary.open("wb") as file:
        for start, size in zip(staying["offset"], sizes, strict=True):
            file.write(data[start : start + size].data)
    write_index(cache, staying.assign(offset=sizes.cumsum() - sizes), generation=generation + 1)


def _collections(runs: Path) -> list[Path]:
    return sorted(collection_file(runs, "").parent.glob("[!.]*.parquet"))
