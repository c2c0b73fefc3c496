"""Whether two kinds of maps of the same coins agree: where one is warm, is the other?"""

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

PATCHES = 4
"""Along a side: sums of patches are compared, since two maps of one symbol seldom lie on the same cells."""

Maps = npt.NDArray[np.floating]


def agreement(maps: Maps, others: Maps) -> npt.NDArray[np.float64]:
    """Return the rank correlation of both maps of each coin, over 4 x 4 patches of it (N).

    It is Spearman's. NaN where a map is the same everywhere.

    Args:
        maps: raw (N x h x w), both sides multiples of 4.
        others: of the same coins, on the same grid.
    """
    one, other = (_ranks(both) for both in (maps, others))
    length = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    with np.errstate(invalid="ignore"):
        found: npt.NDArray[np.float64] = (one * other).sum(axis=1) / np.where(length > 0, length, np.nan)
    return found


def agreement_by_chance(
    maps: Maps, others: Maps, cluster: npt.NDArray[np.int64], *, seed: int
) -> npt.NDArray[np.float64]:
    """Return the same of each coin's map with the other map of a coin of another cluster, by chance (N).

    Coins are round, and both kinds of maps avoid the rim: so much do maps of different things agree.
    NaN where there is no other cluster.

    Args:
        maps: raw (N x h x w).
        others: of the same coins, on the same grid.
        cluster: of each coin (N).
        seed: of the draw.
    """
    random = np.random.default_rng(seed)
    found = np.full(len(maps), np.nan)
    for one in np.unique(cluster):
        own, rest = np.flatnonzero(cluster == one), np.flatnonzero(cluster != one)
        if len(rest):
            found[own] = agreement(maps[own], others[random.choice(rest, len(own))])
    return found


def _ranks(maps: Maps) -> npt.NDArray[np.float64]:
    """Return the ranks of the patches of each map, less their mean (N x 16)."""
    height, width = (side // PATCHES for side in maps.shape[1:])
    sums = maps.reshape(len(maps), PATCHES, height, PATCHES, width).sum(axis=(2, 4))
    ranks = rankdata(sums.reshape(len(maps), -1), axis=1)
    centred: npt.NDArray[np.float64] = ranks - ranks.mean(axis=1, keepdims=True)
    return centred
