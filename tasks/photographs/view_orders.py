"""A chunk of coins that are to be looked at: an order that any process which sees the run can carry out.

What the coins show is kept in a folder of the run, and is the same whoever has looked. No two processes make
the same folder: each chunk has a lock, since a process of a Dask cluster may outlive the flow that asked it.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from coin_xai.common.stages import Advance
from coin_xai.matching.cut_out import Frame
from coin_xai.matching.views import find_some, turn_some
from coin_xai.photographs.pixels import Pixels
from storage.fingerprint import digest
from storage.layout import RunLayout
from storage.lock import holding
from storage.markers import committing, is_done, read_marker
from tasks.collection import open_pixels
from tasks.photographs.view_chunks import (
    Arrays,
    Kind,
    files_of,
    joined,
    packed,
    read_arrays,
    require_expected,
)

log = logging.getLogger(__name__)

SECONDS_TO_END_A_CHUNK = 300
"""How long a process whose flow was killed may take to end what it is at."""


class KeptChunk(NamedTuple):
    """A folder with what is told of some coins, each known by a key."""

    folder: Path
    keys: tuple[str, ...]

    @property
    def work(self) -> str:
        """What the marker of the folder calls it."""
        return digest(self.keys)

    @property
    def lock(self) -> Path:
        """Held by the process that makes the folder."""
        what = self.folder.parent
        return what.with_name(f".{what.name}-{self.folder.name}.lock")

    def read(self, kind: Kind) -> Arrays:
        """Return what is told, if the folder holds just that.

        Raises:
            OSError, ValueError: it does not.
        """
        marker = read_marker(self.folder)
        if marker is None or not is_done(self.folder, self.work):
            raise ValueError("it is gone, or not as its marker says")
        if marker["files"].keys() != files_of(kind):
            raise ValueError(
                f"its marker lists {sorted(marker['files'])} instead of {sorted(files_of(kind))}"
            )
        return read_arrays(self.folder, kind, len(self.keys))

    def holds(self, kind: Kind) -> bool:
        """Tell whether the folder is what it should be."""
        try:
            self.read(kind)
        except (OSError, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Finding:
    """Coins are to be found in their photographs.

    Attributes:
        centre_crop: side of the central square that is looked at where no whole coin stands out, as a share
            of the shorter side.
    """

    kind: ClassVar[Kind] = "found"
    centre_crop: float

    def look(self, pixels: Pixels, rows: Sequence[int], advance: Advance) -> Arrays:
        """Return what some of the coins show."""
        return packed(find_some(pixels, rows, self.centre_crop, advance))


@dataclass(frozen=True)
class Turning:
    """Coins are to be described as they lie and turned for trial.

    Attributes:
        frames: where each lies.
    """

    kind: ClassVar[Kind] = "turned"
    frames: Sequence[Frame]

    def look(self, pixels: Pixels, rows: Sequence[int], advance: Advance) -> Arrays:
        """Return what some of the coins show."""
        found = turn_some(pixels, self.frames, rows, advance)
        return {"cells": found.cells, "seen": found.seen}


class Known(NamedTuple):
    """Coins of an order that another run knows: their rows in the order, and their places in its chunk."""

    chunk: KeptChunk
    rows: tuple[int, ...]
    places: tuple[int, ...]


@dataclass(frozen=True)
class ViewOrder:
    """Some coins, and what is to be told of them.

    Attributes:
        run: folder of their run.
        chunk: where it is to be kept.
        photographs: SHA-256 of theirs.
        task: what is to be done with them.
        known: what runs beside theirs know.
    """

    run: Path
    chunk: KeptChunk
    photographs: tuple[str, ...]
    task: Finding | Turning
    known: tuple[Known, ...]

    def keep_elsewhere(self) -> int:
        """Do what `keep` does in a process that has nothing but this order."""
        coins = pd.DataFrame({"sha256": self.photographs})
        return self.keep(open_pixels(RunLayout(self.run), coins), lambda _: None)

    def keep(self, pixels: Pixels, advance: Advance) -> int:
        """Make sure that what the coins show is kept, and return how many of them had to be looked at.

        Args:
            pixels: their photographs.
            advance: called with the number of coins done since the last call.

        Raises:
            RunBusyError: another process has been at it for minutes.
        """
        count, kind = len(self.photographs), self.task.kind
        with holding(self.chunk.lock, patience_s=SECONDS_TO_END_A_CHUNK):
            if self.chunk.holds(kind):
                advance(count)
                return 0
            parts = list(self._known())
            known = {row for rows, _arrays in parts for row in rows}
            advance(len(known))
            unknown = [row for row in range(count) if row not in known]
            if unknown:
                parts.append((unknown, self.task.look(pixels, unknown, advance)))
            arrays = joined(parts, count)
            require_expected(arrays, kind, count)
            with committing(self.chunk.folder, self.chunk.work, keys=list(self.chunk.keys)) as temporary:
                for one, array in arrays.items():
                    np.save(temporary / f"{one}.npy", array, allow_pickle=False)
        return len(unknown)

    def _known(self) -> Iterator[tuple[Sequence[int], Arrays]]:
        """Yield what runs beside know of some coins: their rows, and what is told of them."""
        for chunk, rows, places in self.known:
            # Whoever owns it may remove it meanwhile, and what is damaged is looked at anew.
            try:
                arrays = chunk.read(self.task.kind)
            except (OSError, ValueError) as error:
                log.info("%s is of no use here: %s", chunk.folder, error)
                continue
            yield rows, {name: array[list(places)] for name, array in arrays.items()}


def chunk_in(folder: Path) -> KeptChunk | None:
    """Return the chunk that a folder says to be, or None if it says nothing that is understood."""
    marker = read_marker(folder)
    if marker is None:
        return None
    facts: object = marker.get("facts")
    keys = facts.get("keys") if isinstance(facts, dict) else None
    if isinstance(keys, list) and all(isinstance(key, str) for key in keys):
        return KeptChunk(folder, tuple(keys))
    log.info("%s is of no use here: its marker does not say which coins it is of", folder)
    return None
