"""Which coins match, block by block: kept with a run until its checkpoint holds all of them.

A run of many coins that is killed goes on with the block it was at. Blocks can be compared by processes
elsewhere that see the folder of the run; what they compare is then written there once, and mapped by each.
"""

import hashlib
import logging
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coin_xai.common.device import best_device
from coin_xai.common.stages import Advance
from coin_xai.matching.candidates import Comparison, Positions
from storage.errors import DamagedError
from storage.fingerprint import SHOWN_DIGITS, digest
from storage.layout import RunLayout
from storage.lock import holding
from storage.markers import committing, is_done
from storage.runs import read_record
from tasks.running.on_dask import Spread

log = logging.getLogger(__name__)

SECONDS_TO_END_A_BLOCK = 300
"""How long a process whose flow was killed may take to end what it is at."""
CELLS, VECTORS, MATCHES = "cells.npy", "vectors.npy", "matches.npy"


@dataclass(frozen=True)
class BlockOrder:
    """Some coins whose matches are to be found, among all coins of their run.

    Attributes:
        folder: where blocks are kept, and what is compared where other processes need it.
        work: tells what is compared.
        rows: of the coins.
        count: how many matches of each are to be found.
        candidates: how many coins each is compared with.
    """

    folder: Path
    work: str
    rows: range
    count: int
    candidates: int

    @property
    def _block(self) -> Path:
        return self.folder / f"{self.rows.start:07d}"

    @property
    def _of_block(self) -> str:
        return digest([self.work, self.rows.start, self.rows.stop])

    def read(self) -> Positions | None:
        """Return the matches (n x count) if they are kept, and nothing else is."""
        if not is_done(self._block, self._of_block):
            return None
        try:
            found: Positions = np.load(self._block / MATCHES, allow_pickle=False)
        except (OSError, ValueError):
            return None
        return found if found.dtype == np.int64 and found.shape == (len(self.rows), self.count) else None

    def keep(self, comparison: Comparison, advance: Advance) -> None:
        """Make sure that the matches are kept.

        Raises:
            RunBusyError: another process has been at it for minutes.
        """
        lock = self._block.with_name(f".{self._block.name}.lock")
        with holding(lock, patience_s=SECONDS_TO_END_A_BLOCK):
            if self.read() is not None:
                advance(len(self.rows))
                return
            found = comparison.best_of(self.rows, advance)
            with committing(self._block, self._of_block) as temporary:
                np.save(temporary / MATCHES, found, allow_pickle=False)

    def keep_elsewhere(self) -> None:
        """Do what `keep` does in a process that has nothing but this order; cells are mapped, not read."""
        compared = _compared(self.folder)
        # Copied where somebody writes, which nobody does: PyTorch takes no array that it may not write to.
        cells = np.load(compared / CELLS, mmap_mode="c", allow_pickle=False)
        vectors = np.load(compared / VECTORS, allow_pickle=False)
        comparison = Comparison(cells, vectors, self.count, self.candidates, best_device())
        self.keep(comparison, lambda _: None)


class KeptBlocks:
    """Compares coins with their candidates, and keeps each block; the run's lock is held."""

    def __init__(self, layout: RunLayout, *, spread: Spread | None = None) -> None:
        """Compare nothing yet.

        Args:
            layout: the run.
            spread: has other processes compare; None: this one does.
        """
        self._folder, self._algorithm = layout.matches.resolve(), read_record(layout)["identity"]["algorithm"]
        self._spread = spread

    def __call__(self, comparison: Comparison, *, advance: Advance) -> Positions:
        """Return those of its candidates that match each coin best (N x count)."""
        work = self._work_of(comparison)
        folder = self._folder / work[:SHOWN_DIGITS]
        orders = [
            BlockOrder(folder, work, rows, comparison.count, comparison.candidates)
            for rows in comparison.blocks()
        ]
        lacking = []
        for order in orders:
            if order.read() is None:
                lacking.append(order)
            else:
                advance(len(order.rows))
        if len(lacking) < len(orders):
            log.info(
                "%d of %d blocks of coins need not be compared again", len(orders) - len(lacking), len(orders)
            )
        if self._spread is None:
            for order in lacking:
                order.keep(comparison, advance)
        elif lacking:
            _write_compared(folder, work, comparison)
            done = self._spread(BlockOrder.keep_elsewhere, lacking)
            for order, _none in zip(lacking, done, strict=True):
                advance(len(order.rows))
        return np.concatenate(list(_read(orders)))

    def _work_of(self, comparison: Comparison) -> str:
        """Return what tells this comparison from all others, whichever kind of device makes it."""
        hashes = []
        for array in (comparison.cells, comparison.vectors):
            whole = np.ascontiguousarray(array)
            hashes.append([whole.shape, hashlib.sha256(whole.data).hexdigest()])
        many = [comparison.count, comparison.candidates]
        return digest([self._algorithm, many, hashes])


def forget_matches(layout: RunLayout) -> None:
    """Remove the blocks, once the run has a checkpoint that holds what was made of them."""
    shutil.rmtree(layout.matches, ignore_errors=True)


def _read(orders: Sequence[BlockOrder]) -> Iterator[Positions]:
    for order in orders:
        found = order.read()
        if found is None:
            raise DamagedError(
                f"what was found of coins {order.rows.start + 1} to {order.rows.stop} cannot be read in "
                f"{order.folder}: it has vanished, or every process must see the folder of the run under the "
                "same path; the same command compares these coins again"
            )
        yield found


def _compared(folder: Path) -> Path:
    return folder / "compared"


def _write_compared(folder: Path, work: str, comparison: Comparison) -> None:
    compared = _compared(folder)
    if is_done(compared, work):
        return
    with committing(compared, work) as temporary:
        np.save(temporary / CELLS, comparison.cells, allow_pickle=False)
        np.save(temporary / VECTORS, comparison.vectors, allow_pickle=False)
