"""What each coin shows by itself: kept with the run in chunks, and taken from runs beside it where known.

A coin is known by the content of its photograph and where it lies there. So a run that was killed looks at no
coin again, and of a collection that has grown the new coins alone are looked at, and those that lie elsewhere
now, because others came.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.common.stages import Advance
from coin_xai.matching.alignment import Found
from coin_xai.matching.cut_out import Frame
from coin_xai.matching.views import Turned, chunks, find_some, turn_some
from coin_xai.photographs.pixels import Pixels
from storage.fingerprint import fingerprint
from storage.layout import RunLayout
from storage.markers import committing, is_done, read_marker
from storage.runs import list_runs, read_record

log = logging.getLogger(__name__)

Arrays = dict[str, npt.NDArray[Any]]
"""Something of each coin of a chunk, by name."""


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
        self.looked_at = {"found": 0, "turned": 0}

    def find(self, pixels: Pixels, *, centre_crop: float, advance: Advance) -> Sequence[Found]:
        """Return where the flans lie, and the fine cells around them."""

        def look(positions: Sequence[int]) -> Arrays:
            return _told(find_some(pixels, positions, centre_crop, advance))

        keys = [self._key("found", photograph, centre_crop) for photograph in self._photographs]
        return [_found(told) for told in self._chunks("found", keys, look, advance)]

    def turn(self, pixels: Pixels, frames: Sequence[Frame], *, advance: Advance) -> Sequence[Turned]:
        """Return what coins show in frames, as they lie and turned for trial."""

        def look(positions: Sequence[int]) -> Arrays:
            turned = turn_some(pixels, frames, positions, advance)
            return {"cells": turned.cells, "seen": turned.seen}

        keys = [
            self._key("turned", photograph, frame.left, frame.top, frame.side, frame.turn_deg)
            for photograph, frame in zip(self._photographs, frames, strict=True)
        ]
        return [Turned(told["cells"], told["seen"]) for told in self._chunks("turned", keys, look, advance)]

    def _key(self, *what: object) -> str:
        return fingerprint([*self._run, *what])

    def _chunks(
        self, name: str, keys: Sequence[str], look: Callable[[Sequence[int]], Arrays], advance: Advance
    ) -> Iterator[Arrays]:
        """Yield what is told of the coins of each chunk, mapped into memory.

        Args:
            name: of what is told.
            keys: of all coins.
            look: looks at the coins at some positions.
            advance: called with the number of coins that need not be looked at.
        """
        before = self.looked_at[name]
        for positions in chunks(len(keys)):
            here = keys[positions.start : positions.stop]
            work = fingerprint(here)
            folder = self._layout.views / name / f"{positions.start:06d}-{work[:8]}"
            if is_done(folder, work):
                advance(len(here))
            else:
                parts = list(self._known(here))
                known = {row for rows, _arrays in parts for row in rows}
                advance(len(known))
                unknown = [row for row in range(len(here)) if row not in known]
                if unknown:
                    parts.append((unknown, look([positions[row] for row in unknown])))
                self.looked_at[name] += len(unknown)
                with committing(folder, work, keys=list(here)) as temporary:
                    for one, array in _joined(parts, len(here)).items():
                        np.save(temporary / f"{one}.npy", array, allow_pickle=False)
            yield _read(folder)
        looked_at = self.looked_at[name] - before
        if looked_at < len(keys):
            log.info("%d of %d coins need not be looked at again", len(keys) - looked_at, len(keys))

    def _known(self, keys: Sequence[str]) -> Iterator[tuple[list[int], Arrays]]:
        """Yield what runs beside this one know of some coins: their rows, and what is told of them."""
        by_folder: dict[Path, list[tuple[int, int]]] = {}
        for row, key in enumerate(keys):
            if key in self._beside:
                folder, place = self._beside[key]
                by_folder.setdefault(folder, []).append((row, place))
        for folder, found in by_folder.items():
            rows, places = [row for row, _place in found], [place for _row, place in found]
            # Whoever owns it may remove it meanwhile, and what is damaged is looked at anew.
            try:
                marker = read_marker(folder)
                if marker is not None and is_done(folder, marker["fingerprint"]):
                    yield rows, {name: array[places] for name, array in _read(folder).items()}
            except OSError as error:
                log.debug("%s is of no use here: %s", folder, error)

    @cached_property
    def _beside(self) -> dict[str, tuple[Path, int]]:
        """Where in the runs beside this one something is told of which coin, by its key."""
        return {
            key: (folder, row)
            for run in list_runs(self._layout.root.parent)
            if run.root != self._layout.root
            for folder in run.views.glob("*/*")
            if (marker := read_marker(folder)) is not None
            for row, key in enumerate(_keys(marker.get("facts", {})))
        }


def _keys(facts: dict[str, object]) -> list[str]:
    keys = facts.get("keys")
    return keys if isinstance(keys, list) else []


def _read(folder: Path) -> Arrays:
    return {
        file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in sorted(folder.glob("*.npy"))
    }


def _joined(parts: Sequence[tuple[Sequence[int], Arrays]], count: int) -> Arrays:
    """Return what is told of all coins of a chunk; shorter masks are filled up with zeros."""
    joined: Arrays = {}
    for name, first in parts[0][1].items():
        arrays = [arrays[name] for _rows, arrays in parts]
        longest = np.max([array.shape[1:] for array in arrays], axis=0)
        joined[name] = np.zeros((count, *longest), first.dtype)
        for (rows, _arrays), array in zip(parts, arrays, strict=True):
            places = np.ix_(*(np.asarray(one) for one in (rows, *map(range, array.shape[1:]))))
            joined[name][places] = array
    return joined


def _told(found: Found) -> Arrays:
    """Return the same as arrays, masks bit by bit."""
    masks = [np.zeros((0, 0), bool) if frame.mask is None else frame.mask for frame in found.frames]
    bits = [np.packbits(mask) for mask in masks]
    packed = np.zeros((len(bits), max(map(len, bits))), np.uint8)
    for row, own in zip(packed, bits, strict=True):
        row[: len(own)] = own
    places = np.array([(frame.left, frame.top, frame.side) for frame in found.frames])
    shapes = np.array([mask.shape for mask in masks])
    return {"cells": found.cells, "masks": packed, "places": places, "seen": found.seen, "shapes": shapes}


def _found(arrays: Arrays) -> Found:
    frames = []
    for place, shape, bits in zip(arrays["places"], arrays["shapes"], arrays["masks"], strict=True):
        size = int(shape.prod())
        mask = np.unpackbits(bits, count=size).reshape(shape).astype(bool) if size else None
        left, top, side = place.tolist()
        frames.append(Frame(left, top, side, mask=mask))
    return Found(frames, arrays["cells"], arrays["seen"])
