"""Which coins may match each coin, told by one short vector each.

Comparing all pairs by windows costs the square of the number of coins. Coins whose parts match are also
roughly alike as a whole if each cell is blurred with those around it, and vectors are compared a thousand
times as quickly. So only the coins with the nearest vectors are compared by windows.
"""

from dataclasses import dataclass
from typing import Self

import faiss
import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from coin_xai.matching.windows import CELLS

COMPONENTS = 256
MOST_TO_FIT = 2000
"""Coins that the components are computed of, evenly spread."""
SMALLEST_SHARE, SMALLEST = 1e-5, 1e-12
"""Of the strongest component's variance: weaker ones are rounding."""
BLUR_CELLS = 0.7
BLOCK = 512

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
        values, directions = np.linalg.eigh(sample @ sample.T if few_coins else sample.T @ sample)
        strongest = np.flatnonzero(values >= SMALLEST_SHARE * values[-1])[::-1][:COMPONENTS]
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


def find_candidates(cells: Floats, count: int, device: torch.device) -> Positions:
    """Return the coins with the vectors nearest to that of each coin, by their cosine (N x count).

    Args:
        cells: of each coin (N x 16 x 16 x c).
        count: how many, fewer than there are coins.
        device: where to search.
    """
    vectors = Compact.fit(cells).of(cells)
    index = _index_of(vectors, device)
    found = np.empty((len(cells), count), np.int64)
    for start in range(0, len(cells), BLOCK):
        own = np.arange(start, min(start + BLOCK, len(cells)))
        found[own] = _without_itself(index.search(vectors[own], count + 1)[1], own)
    return found


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
