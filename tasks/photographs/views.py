"""What each coin shows by itself: kept with the run in chunks, and taken from runs beside it where known.

A coin is known by the content of its photograph and where it lies there. So a run that was killed looks at no
coin again, and of a collection that has grown the new coins alone are looked at, and those that lie elsewhere
now, because others came. What coins show that were turned and are looked at again is kept until the run has a
checkpoint: how they were turned depends on all of them, so it serves a run that was killed alone.
"""

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd

from coin_xai.common.stages import Advance
from coin_xai.matching.alignment import Found
from coin_xai.matching.cut_out import Frame
from coin_xai.matching.views import Turned, chunks, find_some, turn_some
from coin_xai.photographs.pixels import Pixels
from storage.fingerprint import digest
from storage.layout import RunLayout
from storage.markers import committing, is_done, read_marker
from storage.runs import list_runs, read_record
from tasks.photographs.view_chunks import (
    Arrays,
    Kind,
    files_of,
    joined,
    packed,
    read_arrays,
    require_expected,
    turned,
    unpacked,
)

log = logging.getLogger(__name__)

T = TypeVar("T")
FOUND, TURNED, TURNED_AGAIN = "found", "turned", "turned-again"
"""Folders. How a coin is turned depends on all others, so runs of more coins have no use for the last one."""


class _Chunk(NamedTuple):
    """A folder with what is told of some coins, each known by a key."""

    folder: Path
    keys: tuple[str, ...]

    @property
    def work(self) -> str:
        """What the marker of the folder calls it."""
        return digest(self.keys)

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


@dataclass(frozen=True)
class _Kept(Generic[T]):
    """What is kept of all coins; as it may not fit into memory, a chunk is read when it is asked for."""

    chunks: Sequence[_Chunk]
    kind: Kind
    made_of: Callable[[Arrays], T]

    def __iter__(self) -> Iterator[T]:
        for chunk in self.chunks:
            yield self.made_of(read_arrays(chunk.folder, self.kind, len(chunk.keys)))


class KeptViews:
    """Looks at coins that nobody has looked at, and keeps what they show; the run's lock is held.

    Attributes:
        looked_at: how many coins were looked at, to find them and in their frames.
    """

    def __init__(self, layout: RunLayout, coins: pd.DataFrame) -> None:
        """Look at nothing yet.

        Args:
            layout: the run.
            coins: its usable coins.
        """
        identity = read_record(layout)["identity"]
        self._layout, self._photographs = layout, coins["sha256"].tolist()
        self._run = identity["algorithm"], identity["pixels"]
        self._were_turned = False
        self.looked_at: dict[Kind, int] = {"found": 0, "turned": 0}

    def find(self, pixels: Pixels, *, centre_crop: float, advance: Advance) -> Iterable[Found]:
        """Return where the flans lie, and the fine cells around them."""

        def look(positions: Sequence[int]) -> Arrays:
            return packed(find_some(pixels, positions, centre_crop, advance))

        self._were_turned = False
        keys = [self._key("found", photograph, centre_crop) for photograph in self._photographs]
        return _Kept(self._keep(FOUND, "found", keys, look, advance), "found", unpacked)

    def turn(self, pixels: Pixels, frames: Sequence[Frame], *, advance: Advance) -> Iterable[Turned]:
        """Return what coins show in frames, as they lie and turned for trial."""

        def look(positions: Sequence[int]) -> Arrays:
            found = turn_some(pixels, frames, positions, advance)
            return {"cells": found.cells, "seen": found.seen}

        name, self._were_turned = TURNED_AGAIN if self._were_turned else TURNED, True
        keys = [
            self._key("turned", photograph, frame.left, frame.top, frame.side, frame.turn_deg)
            for photograph, frame in zip(self._photographs, frames, strict=True)
        ]
        return _Kept(self._keep(name, "turned", keys, look, advance), "turned", turned)

    def _key(self, *what: object) -> str:
        return digest([*self._run, *what])

    def _keep(
        self,
        name: str,
        kind: Kind,
        keys: Sequence[str],
        look: Callable[[Sequence[int]], Arrays],
        advance: Advance,
    ) -> list[_Chunk]:
        """Make sure that each chunk is kept, and return them in order.

        Args:
            name: of the folder that they are kept in.
            kind: what is told of coins.
            keys: of all coins.
            look: looks at the coins at some positions.
            advance: called with the number of coins that need not be looked at.
        """
        before, kept = self.looked_at[kind], []
        for positions in chunks(len(keys)):
            own = tuple(keys[positions.start : positions.stop])
            chunk = _Chunk(self._layout.views / name / f"{positions.start:06d}-{digest(own)[:8]}", own)
            kept.append(chunk)
            if _holds(chunk, kind):
                advance(len(own))
                continue
            parts = list(self._known(kind, own))
            known = {row for rows, _arrays in parts for row in rows}
            advance(len(known))
            unknown = [row for row in range(len(own)) if row not in known]
            if unknown:
                parts.append((unknown, look([positions[row] for row in unknown])))
            self.looked_at[kind] += len(unknown)
            arrays = joined(parts, len(own))
            require_expected(arrays, kind, len(own))
            with committing(chunk.folder, chunk.work, keys=list(own)) as temporary:
                for one, array in arrays.items():
                    np.save(temporary / f"{one}.npy", array, allow_pickle=False)
        looked_at = self.looked_at[kind] - before
        if looked_at < len(keys):
            log.info("%d of %d coins need not be looked at again", len(keys) - looked_at, len(keys))
        return kept

    def _known(self, kind: Kind, keys: Sequence[str]) -> Iterator[tuple[list[int], Arrays]]:
        """Yield what runs beside this one know of some coins: their rows, and what is told of them."""
        by_chunk: dict[_Chunk, list[tuple[int, int]]] = {}
        for row, key in enumerate(keys):
            if key in self._beside:
                chunk, place = self._beside[key]
                by_chunk.setdefault(chunk, []).append((row, place))
        for chunk, found in by_chunk.items():
            # Whoever owns it may remove it meanwhile, and what is damaged is looked at anew.
            try:
                arrays = chunk.read(kind)
            except (OSError, ValueError) as error:
                log.info("%s is of no use here: %s", chunk.folder, error)
                continue
            places = [place for _row, place in found]
            yield [row for row, _place in found], {name: array[places] for name, array in arrays.items()}

    @cached_property
    def _beside(self) -> dict[str, tuple[_Chunk, int]]:
        """Where in the runs beside this one something is told of which coin, by its key."""
        return {
            key: (chunk, place)
            for run in list_runs(self._layout.root.parent)
            if run.root != self._layout.root
            for folder in run.views.glob("[!.]*/[!.]*")
            if (chunk := _chunk_in(folder)) is not None
            for place, key in enumerate(chunk.keys)
        }


def forget_turned_again(layout: RunLayout) -> None:
    """Remove what coins show that were turned already, once the run keeps how they stand in the end."""
    shutil.rmtree(layout.views / TURNED_AGAIN, ignore_errors=True)


def _holds(chunk: _Chunk, kind: Kind) -> bool:
    """Tell whether the run has kept a chunk, and it is what it should be."""
    try:
        chunk.read(kind)
    except (OSError, ValueError):
        return False
    return True


def _chunk_in(folder: Path) -> _Chunk | None:
    """Return the chunk that a folder says to be, or None if it says nothing that is understood."""
    marker = read_marker(folder)
    if marker is None:
        return None
    facts: object = marker.get("facts")
    keys = facts.get("keys") if isinstance(facts, dict) else None
    if isinstance(keys, list) and all(isinstance(key, str) for key in keys):
        return _Chunk(folder, tuple(keys))
    log.info("%s is of no use here: its marker does not say which coins it is of", folder)
    return None
