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
from typing import Generic, TypeVar

import pandas as pd

from coin_xai.common.stages import Advance
from coin_xai.matching.alignment import Found
from coin_xai.matching.cut_out import Frame
from coin_xai.matching.views import Turned, chunks
from coin_xai.photographs.pixels import Pixels
from storage.fingerprint import digest
from storage.layout import RunLayout
from storage.runs import list_runs, read_record
from tasks.photographs.view_chunks import Arrays, Kind, read_arrays, turned, unpacked
from tasks.photographs.view_orders import Finding, KeptChunk, Known, Turning, ViewOrder, chunk_in
from tasks.running.on_dask import Spread

log = logging.getLogger(__name__)

T = TypeVar("T")
FOUND, TURNED, TURNED_AGAIN = "found", "turned", "turned-again"
"""Folders. How a coin is turned depends on all others, so runs of more coins have no use for the last one."""


@dataclass(frozen=True)
class _Kept(Generic[T]):
    """What is kept of all coins; as it may not fit into memory, a chunk is read when it is asked for."""

    chunks: Sequence[KeptChunk]
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

    def __init__(self, layout: RunLayout, coins: pd.DataFrame, *, spread: Spread | None = None) -> None:
        """Look at nothing yet.

        Args:
            layout: the run.
            coins: its usable coins.
            spread: has other processes look at them; None: this one does.
        """
        identity = read_record(layout)["identity"]
        # Other processes may be in another folder.
        self._layout, self._photographs = RunLayout(layout.root.resolve()), coins["sha256"].tolist()
        self._run = identity["algorithm"], identity["pixels"]
        self._spread = spread
        self._were_turned = False
        self.looked_at: dict[Kind, int] = {"found": 0, "turned": 0}

    def find(self, pixels: Pixels, *, centre_crop: float, advance: Advance) -> Iterable[Found]:
        """Return where the flans lie, and the fine cells around them."""
        self._were_turned = False
        keys = [self._key("found", photograph, centre_crop) for photograph in self._photographs]
        kept = self._keep(FOUND, "found", keys, lambda _: Finding(centre_crop), pixels, advance)
        return _Kept(kept, "found", unpacked)

    def turn(self, pixels: Pixels, frames: Sequence[Frame], *, advance: Advance) -> Iterable[Turned]:
        """Return what coins show in frames, as they lie and turned for trial."""
        name, self._were_turned = TURNED_AGAIN if self._were_turned else TURNED, True
        keys = [
            self._key("turned", photograph, frame.left, frame.top, frame.side, frame.turn_deg)
            for photograph, frame in zip(self._photographs, frames, strict=True)
        ]
        kept = self._keep(name, "turned", keys, lambda some: Turning(frames[some]), pixels, advance)
        return _Kept(kept, "turned", turned)

    def _key(self, *what: object) -> str:
        return digest([*self._run, *what])

    def _keep(
        self,
        name: str,
        kind: Kind,
        keys: Sequence[str],
        task_of: Callable[[slice], Finding | Turning],
        pixels: Pixels,
        advance: Advance,
    ) -> list[KeptChunk]:
        """Make sure that each chunk is kept, and return them in order.

        Args:
            name: of the folder that they are kept in.
            kind: what is told of coins.
            keys: of all coins.
            task_of: returns what is to be done with the coins of a chunk.
            pixels: all photographs.
            advance: called with the number of coins done since the last call.
        """
        kept, lacking = [], []
        for positions in chunks(len(keys)):
            some = slice(positions.start, positions.stop)
            own = tuple(keys[some])
            folder = self._layout.views / name / f"{some.start:06d}-{digest(own)[:8]}"
            chunk = KeptChunk(folder, own)
            kept.append(chunk)
            if chunk.holds(kind):
                advance(len(own))
            else:
                lacking.append((some, self._order(chunk, some, task_of(some))))
        looked_at = sum(self._carried_out(lacking, pixels, advance))
        self.looked_at[kind] += looked_at
        if looked_at < len(keys):
            log.info("%d of %d coins need not be looked at again", len(keys) - looked_at, len(keys))
        return kept

    def _carried_out(
        self, orders: Sequence[tuple[slice, ViewOrder]], pixels: Pixels, advance: Advance
    ) -> Iterator[int]:
        """Yield how many coins had to be looked at, order by order."""
        if self._spread is None:
            for some, order in orders:
                yield order.keep(_of(pixels, some), advance)
            return
        found = self._spread(ViewOrder.keep_elsewhere, [order for _some, order in orders])
        for (_some, order), looked_at in zip(orders, found, strict=True):
            advance(len(order.photographs))
            yield looked_at

    def _order(self, chunk: KeptChunk, some: slice, task: Finding | Turning) -> ViewOrder:
        return ViewOrder(
            run=self._layout.root,
            chunk=chunk,
            photographs=tuple(self._photographs[some]),
            task=task,
            known=tuple(self._known(chunk.keys)),
        )

    def _known(self, keys: Sequence[str]) -> Iterator[Known]:
        """Yield what runs beside this one say to know of some coins."""
        by_chunk: dict[KeptChunk, list[tuple[int, int]]] = {}
        for row, key in enumerate(keys):
            if key in self._beside:
                chunk, place = self._beside[key]
                by_chunk.setdefault(chunk, []).append((row, place))
        for chunk, found in by_chunk.items():
            rows, places = zip(*found, strict=True)
            yield Known(chunk, rows, places)

    @cached_property
    def _beside(self) -> dict[str, tuple[KeptChunk, int]]:
        """Where in the runs beside this one something is told of which coin, by its key."""
        return {
            key: (chunk, place)
            for run in list_runs(self._layout.root.parent)
            if run.root != self._layout.root
            for folder in run.views.glob("[!.]*/[!.]*")
            if (chunk := chunk_in(folder)) is not None
            for place, key in enumerate(chunk.keys)
        }


def forget_turned_again(layout: RunLayout) -> None:
    """Remove what coins show that were turned already, once the run keeps how they stand in the end."""
    shutil.rmtree(layout.views / TURNED_AGAIN, ignore_errors=True)
    for lock in layout.views.glob(f".{TURNED_AGAIN}-*.lock"):
        lock.unlink(missing_ok=True)


def _of(pixels: Pixels, some: slice) -> Pixels:
    return Pixels(pixels.data, pixels.offset[some], pixels.height[some], pixels.width[some])
