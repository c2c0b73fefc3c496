"""Cells that tell edges and what a pretrained network sees, both with equal weight.

The network's channels differ in how strongly they answer and many tell the same, so they are scaled, turned
into principal components and those brought halfway to equal strength. What all coins show at a place is
taken off, or every pair would match by what is on each coin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_xai.matching.cells import fading_to_the_rim
from coin_xai.matching.windows import CELLS

COMPONENTS = 24
SMALLEST = 1e-6
WHITENING = 0.5
"""0 leaves the components as strong as they are, 1 makes all equally strong."""
MOST_TO_FIT = 400
"""Coins that the components are computed of, evenly spread; each has up to 256 cells."""

Floats = npt.NDArray[np.float32]
Maps = npt.NDArray[np.float16]


def join_maps(cells: Floats, maps: Sequence[Maps]) -> Floats:
    """Return the cells of all coins with what a network sees at each (N x 16 x 16 x 33).

    Args:
        cells: edges, zero where a coin shows nothing (N x 16 x 16 x 9).
        maps: of the network, of the same coins, some after the other (n x 16 x 16 x c each). They are read
            one by one, so they may lie on a disk.
    """
    own, kept = cells.shape[-1], min(COMPONENTS, maps[0].shape[-1])
    shown: npt.NDArray[np.bool_] = (cells != 0).any(axis=-1)
    blocks = _blocks(maps)
    joined = np.zeros((*cells.shape[:3], own + kept), np.float32)
    joined[..., :own] = cells
    components = _components(maps, shown, blocks)
    if components is None:
        return joined
    seen = joined[..., own:]
    for some, here in zip(maps, blocks, strict=True):
        seen[here] = components.of(some) * shown[here][..., None]
    common = seen.sum(axis=0) / np.maximum(shown.sum(axis=0), 1).astype(np.float32)[..., None]
    energy = other = 0.0
    for here in blocks:
        seen[here] -= common
        seen[here] *= (shown[here] * fading_to_the_rim(CELLS))[..., None]
        energy += float((cells[here] ** 2).sum())
        other += float((seen[here] ** 2).sum())
    seen *= np.sqrt(energy / other) if other > 0 else 0
    return joined


@dataclass(frozen=True)
class _Components:
    """How channels become components: scaled (c each) and projected (c x 24)."""

    mean: Floats
    scale: Floats
    directions: Floats

    def of(self, maps: Maps) -> Floats:
        scaled: Floats = maps.astype(np.float32)
        scaled -= self.mean
        scaled /= self.scale
        return scaled @ self.directions


def _components(
    maps: Sequence[Maps], shown: npt.NDArray[np.bool_], blocks: list[slice]
) -> _Components | None:
    """Return the components of what is seen on coins; None where hardly a coin shows anything."""
    some = np.unique(np.linspace(0, len(shown) - 1, MOST_TO_FIT).astype(int))
    channels = maps[0].shape[-1]
    count, total, products = 0, np.zeros(channels), np.zeros((channels, channels))
    for own, here in zip(maps, blocks, strict=True):
        for coin in some[(some >= here.start) & (some < here.stop)]:
            on_coin = own[coin - here.start][shown[coin]].astype(np.float64)
            count += len(on_coin)
            total += on_coin.sum(axis=0)
            products += on_coin.T @ on_coin
    if count < 2:
        return None
    mean = total / count
    covariance = products / count - np.outer(mean, mean)
    scale = np.sqrt(np.maximum(np.diag(covariance), 0)) + SMALLEST
    variances, directions = np.linalg.eigh(covariance / np.outer(scale, scale))
    strongest = np.argsort(-variances)[:COMPONENTS]
    strengths = np.maximum(variances[strongest], SMALLEST) ** (WHITENING / 2)
    project = directions[:, strongest] / strengths
    return _Components(*(one.astype(np.float32) for one in (mean, scale, project)))


def _blocks(maps: Sequence[Maps]) -> list[slice]:
    """Return which coins each array is of."""
    ends = np.cumsum([len(some) for some in maps]).tolist()
    return [slice(end - len(some), end) for end, some in zip(ends, maps, strict=True)]
