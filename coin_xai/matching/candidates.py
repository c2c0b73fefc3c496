"""Which coins may match each coin, told by one short vector each, and which of them do.

Comparing all pairs by windows costs the square of the number of coins. Coins whose parts match are also
roughly alike as a whole if each cell is blurred with those around it, and vectors are compared a thousand
times as quickly. So only the coins with the nearest vectors are compared by windows. What matches one coin
depends on no other comparison, so blocks of coins can be compared anywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, Self

import faiss
import numpy as np
import numpy.typing as npt
import scipy.linalg
import torch
from scipy import ndimage

from coin_xai.common.stages import Advance
from coin_xai.matching.pairs import likeness_to_each
from coin_xai.matching.windows import CELLS

COMPONENTS = 256
MOST_TO_FIT = 2000
"""Coins that the components are computed of, evenly spread."""
SMALLEST_SHARE, SMALLEST = 1e-5, 1e-12
"""Of the strongest component's variance: weaker ones are rounding."""
BLUR_CELLS = 0.7
BLOCK = 512
"""Coins whose candidates are searched at once, and whose matches are kept at once by whoever keeps them."""
PAIRS, PAIRS_ON_GPU = 256, 16_384
"""Compared at once, or those of one coin where they are more; on a processor they stay in its cache."""

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Compact:
    """How the cells of a coin become a short vector: blurred, principal components, length 1.

    Attributes:
        mean: of blurred cells (d).
        components: the strongest of them (d x 256 at most).
    """

    mean: Floats
    components: Floats

    @classmethod
    def fit(cls, cells: npt.NDArray[np.floating]) -> Self:
        """Find the components of some coins (N x 16 x 16 x c)."""
        sample = _blurred(cells[np.unique(np.linspace(0, len(cells) - 1, MOST_TO_FIT).astype(int))])
        mean = sample.mean(axis=0)
        sample -= mean
        # Of as many equations as there are coins or numbers, whichever are fewer.
        few_coins = len(sample) < sample.shape[1]
        products = sample @ sample.T if few_coins else sample.T @ sample
        wanted = [max(0, len(products) - COMPONENTS), len(products) - 1]
        values, directions = scipy.linalg.eigh(products, subset_by_index=wanted)
        strongest = np.flatnonzero(values >= SMALLEST_SHARE * values[-1])[::-1]
        components = directions[:, strongest]
        if few_coins:
            components = sample.T @ components / np.sqrt(values[strongest] + SMALLEST)
        return cls(mean, np.ascontiguousarray(components, dtype=np.float32))

    def of(self, cells: npt.NDArray[np.floating]) -> Floats:
        """Return the vectors of some coins (n x 16 x 16 x c to n x 256)."""
        vectors = np.empty((len(cells), self.components.shape[1]), np.float32)
        for start in range(0, len(cells), BLOCK):
            some = slice(start, start + BLOCK)
            vectors[some] = (_blurred(cells[some]) - self.mean) @ self.components
        faiss.normalize_L2(vectors)
        return vectors


@dataclass(frozen=True)
class Comparison:
    """Coins that are to be compared with those roughly most like them, block by block.

    Attributes:
        cells: of each coin (N x 16 x 16 x c).
        vectors: short ones of each coin (N x 256 at most).
        count: how many coins that match are to be found.
        candidates: how many coins each is compared with.
        device: where to compute.
    """

    cells: Floats
    vectors: Floats
    count: int
    candidates: int
    device: torch.device

    @classmethod
    def of(cls, cells: Floats, *, count: int, candidates: int, device: torch.device) -> Self:
        """Find the vectors of coins; of few coins each is compared with all others."""
        others = len(cells) - 1
        vectors = Compact.fit(cells).of(cells)
        return cls(cells, vectors, min(count, others), min(candidates, others), device)

    def blocks(self) -> Iterator[range]:
        """Yield the rows of each block."""
        count = len(self.cells)
        return (range(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK))

    def candidates_of(self, rows: range) -> Positions:
        """Return the coins with the vectors nearest to that of each coin of a block (n x candidates)."""
        own = np.asarray(rows)
        return _without_itself(self._index.search(self.vectors[own], self.candidates + 1)[1], own)

    def best_of(self, rows: range, advance: Advance = lambda _: None) -> Positions:
        """Return those of the candidates that match each coin of a block best (n x count).

        Args:
            rows: of the block.
            advance: called with the number of coins done since the last call.
        """
        candidates, found = self.candidates_of(rows), np.empty((len(rows), self.count), np.int64)
        at_once = coins_at_once(max(1, self.candidates), self.device)
        for start in range(0, len(rows), at_once):
            some = slice(start, start + at_once)
            own = self._everywhere[rows.start + start : min(rows.start + some.stop, rows.stop)]
            others = self._everywhere[torch.from_numpy(candidates[some]).to(self.device)]
            best = likeness_to_each(own, others).topk(self.count).indices.cpu().numpy()
            found[some] = np.take_along_axis(candidates[some], best, axis=1)
            advance(len(best))
        return found

    @cached_property
    def _everywhere(self) -> torch.Tensor:
        return torch.from_numpy(self.cells).to(self.device)

    @cached_property
    def _index(self) -> faiss.Index:
        return _index_of(self.vectors, self.device)


class Compare(Protocol):
    """Finds the coins that match each coin best; whoever keeps blocks of them does something else."""

    def __call__(self, comparison: Comparison, *, advance: Advance) -> Positions:
        """Return those of its candidates that match each coin best (N x count)."""


def compare_here(comparison: Comparison, *, advance: Advance) -> Positions:
    """Compare block after block in this process, and keep nothing."""
    return np.concatenate([comparison.best_of(rows, advance) for rows in comparison.blocks()])


def coins_at_once(candidates: int, device: torch.device) -> int:
    """Return how many coins are compared at once there, each with so many candidates."""
    return max(1, (PAIRS if device.type == "cpu" else PAIRS_ON_GPU) // candidates)


def find_candidates(cells: Floats, count: int, device: torch.device) -> Positions:
    """Return the coins with the vectors nearest to that of each coin, by their cosine (N x count).

    Args:
        cells: of each coin (N x 16 x 16 x c).
        count: how many, fewer than there are coins.
        device: where to search.
    """
    comparison = Comparison.of(cells, count=count, candidates=count, device=device)
    return np.concatenate([comparison.candidates_of(rows) for rows in comparison.blocks()])


def find_candidates_among(own: Floats, others: Floats, count: int, device: torch.device) -> Positions:
    """Return which of some other coins have the vectors nearest to that of each coin (n x count).

    Args:
        own: cells of the coins (n x 16 x 16 x c).
        others: cells of those to choose from (N x 16 x 16 x c).
        count: how many, no more than there are others.
        device: where to search.
    """
    compact = Compact.fit(others)
    found: Positions = _index_of(compact.of(others), device).search(compact.of(own), count)[1]
    return found


def _index_of(vectors: Floats, device: torch.device) -> faiss.Index:
    # All of them are searched: up to a million coins that costs less than to compare the candidates.
    index: faiss.Index = faiss.IndexFlatIP(vectors.shape[1])
    if device.type == "cuda":
        index = faiss.index_cpu_to_all_gpus(index)
    index.add(vectors)
    return index


def _without_itself(nearest: Positions, own: Positions) -> Positions:
    """Take each coin out of those nearest to it, or the last of them where it is not there (n to n - 1)."""
    itself = nearest == own[:, None]
    itself[~itself.any(axis=1), -1] = True
    others: Positions = nearest[~itself].reshape(len(nearest), -1)
    return others


def _blurred(cells: npt.NDArray[np.floating]) -> Floats:
    """Return cells with what lies around them, as a row for each coin (n x 256c)."""
    blur = ndimage.gaussian_filter1d(np.eye(CELLS), BLUR_CELLS, axis=0).astype(np.float32)
    across = np.einsum("hy,nyxc->nhxc", blur, cells.astype(np.float32), optimize=True)
    blurred: Floats = np.einsum("wx,nhxc->nhwc", blur, across, optimize=True)
    return blurred.reshape(len(cells), -1)
