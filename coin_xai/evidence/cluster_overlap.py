"""A coin's history: how far its cluster at one epoch and at another are the same coins."""

import numpy as np
import numpy.typing as npt
from sklearn.metrics.cluster import contingency_matrix


def cluster_overlap(before: npt.NDArray[np.int64], now: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return for every coin how far its cluster of before and that of now are the same coins (N).

    The measure is Jaccard's: coins in both, as a share of the coins in either. The numbers of clusters mean
    nothing from one clustering to the next; which coins are together does.

    Args:
        before: cluster of each coin (N).
        now: of the same coins (N).
    """
    earlier, row = np.unique(before, return_inverse=True)
    later, column = np.unique(now, return_inverse=True)
    if not len(earlier) or not len(later):
        return np.zeros(0)
    shared = contingency_matrix(row, column).astype(np.float64)
    either = shared.sum(axis=1)[:, None] + shared.sum(axis=0)[None, :] - shared
    overlap: npt.NDArray[np.float64] = (shared / either)[row, column]
    return overlap
