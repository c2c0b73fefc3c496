"""Which number of clusters a graph of neighbours speaks for by itself, if any.

A graph of k groups that hardly hang together has k slow modes: its k largest eigenvalues are near 1, and the
next ones are not (the eigengap; von Luxburg 2007, A tutorial on spectral clustering, section 8.3). In a graph
without groups eigenvalues fall from each to the next as well, so a fall says something only where it is many
times as deep as those beside it. Many coins that scatter alike in d directions have d slow modes and a deep
fall behind them, but not much deeper than all falls before it together. And a dozen photographs of one coin
are a group of the graph, too: small ones are left out before a k is named.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.linalg
from scipy import sparse

from coin_xai.clustering.spectral import join, slowest_modes

MOST_K, COINS_OF_EACH = 100, 5
"""No k is asked about beyond: the first, nor one that leaves each cluster fewer coins than the second."""

BESIDE = 4
"""The most falls before, and behind, that each is compared with."""

BEFORE = 3
"""Each is also compared with all falls before it together, which count as this many."""

SMALLEST = 1e-5
"""Falls below are rounding: each piece of a graph has an eigenvalue of 1, to 1e-7 if coins are many."""

LIMIT = 6.0
"""How many times as deep a fall must be; docs/comparing.md says what graphs without groups reach."""

SMALL = 0.2
"""A cluster with fewer coins than this share of the cluster that holds the median coin does not count."""


@dataclass(frozen=True)
class Falls:
    """How the eigenvalues of a graph fall.

    Attributes:
        table: a row a k, from 2 on: k, eigenvalue (the k-th), fall (to the next), times (the fall, as a
            multiple of the mean of those beside it, or of a third of all before it together if that is more).
        stands_out: the k whose fall is deepest so, if it is more than LIMIT times as deep; else None.
        left_out: coins in small groups, of which the table is not.
    """

    table: pd.DataFrame
    stands_out: int | None
    left_out: int


def falls_of(neighbours: npt.NDArray[np.int64]) -> Falls | None:
    """Find how the eigenvalues of the graph of neighbours fall; None for fewer than 20 coins.

    The graph is cut where a k stands out. If small clusters are among those, their coins are left out and the
    rest is asked again.

    Args:
        neighbours: of each coin (N x count).
    """
    graph = join(neighbours)
    while True:
        table = _table_of(graph)
        if table is None:
            return None
        left_out = len(neighbours) - graph.shape[0]
        deepest = table.loc[table["times"].idxmax()]
        if deepest["times"] <= LIMIT:
            return Falls(table, None, left_out)
        k = int(deepest["k"])
        small = _in_small_clusters(graph, k)
        if not small.any():
            return Falls(table, k, left_out)
        graph = _without(graph, small)


def _table_of(graph: sparse.csr_array) -> pd.DataFrame | None:
    """Return the table of `Falls`; None for fewer than 20 coins."""
    highest = min(MOST_K, graph.shape[0] // COINS_OF_EACH)
    if highest < BESIDE:
        return None
    values, _ = slowest_modes(graph, highest + BESIDE + 1)
    fall = np.maximum(-np.diff(values.astype(np.float64)), 0)  # the fall behind k is at k - 1
    table = pd.DataFrame({"k": range(2, highest + 1)})
    table["eigenvalue"], table["fall"] = values[1:highest], fall[1:highest]
    table["times"] = [_times(fall, k - 1) for k in range(2, highest + 1)]
    return table


def _times(fall: npt.NDArray[np.float64], position: int) -> float:
    """Return how many times as deep a fall is; the first of all, of the graph in pieces, is beside none."""
    before = fall[max(1, position - BESIDE) : position]
    beside = np.r_[before, fall[position + 1 : position + 1 + BESIDE]].mean()
    return float(fall[position] / max(beside, fall[:position].sum() / BEFORE, SMALLEST))


def _in_small_clusters(graph: sparse.csr_array, k: int) -> npt.NDArray[np.bool_]:
    """Tell which coins are in small ones of k clusters (N).

    The k coins that the slow modes tell apart best stand for the clusters (Damle, Minden & Ying 2019, Simple,
    direct and efficient multi-way spectral clustering). Unlike k-means, that finds every piece of a graph.
    """
    _, modes = slowest_modes(graph, k)
    _, _, order = scipy.linalg.qr(modes.T, mode="economic", pivoting=True)
    left, _, right = scipy.linalg.svd(modes[order[:k]].T)
    own = np.abs(modes @ (left @ right)).argmax(axis=1)
    coins = np.bincount(own)[own]
    small: npt.NDArray[np.bool_] = coins < SMALL * np.median(coins)
    return small


def _without(graph: sparse.csr_array, coins: npt.NDArray[np.bool_]) -> sparse.csr_array:
    """Return a graph without some coins, and without those that hang on these alone."""
    while coins.any():
        graph = sparse.csr_array(graph[~coins][:, ~coins])
        coins = graph.sum(axis=1) == 0
    return graph
