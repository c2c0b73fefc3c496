"""How far any two of several partitions agree, and in which order like stands beside like."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from coin_xai.clustering.agreement import agreement

Partition = npt.NDArray[np.int64]


def agreements(partitions: Sequence[Partition]) -> npt.NDArray[np.float64]:
    """Return the adjusted mutual information of every pair (R x R); 0 is chance, 1 is equal.

    Args:
        partitions: R of them, each of the same N coins, with ids of its own.
    """
    ami = np.eye(len(partitions))
    for first, second in combinations(range(len(partitions)), 2):
        ami[first, second] = ami[second, first] = agreement(partitions[first], partitions[second]).ami
    return ami


def like_beside_like(ami: npt.NDArray[np.float64]) -> list[int]:
    """Return an order in which neighbours agree (R positions).

    Average linkage makes a tree of the partitions; of all orders of its leaves it is the one whose neighbours
    agree best (Bar-Joseph, Gifford & Jaakkola 2001).

    Args:
        ami: of every pair (R x R), R at least 2.
    """
    apart = np.maximum(1 - ami, 0)  # equal partitions may agree by a rounding error more than wholly
    np.fill_diagonal(apart, 0)
    tree = linkage(squareform(apart, checks=False), "average", optimal_ordering=True)
    return [int(position) for position in leaves_list(tree)]


def one_for_each_k(k: Sequence[int], ami: npt.NDArray[np.float64]) -> list[int]:
    """Return of each number of clusters, in rising order, the partition that agrees best with its like.

    Args:
        k: of each partition (R).
        ami: of every pair (R x R).
    """
    chosen = []
    for number in sorted(set(k)):
        same = [position for position, own in enumerate(k) if own == number]
        chosen.append(max(same, key=lambda one: float(ami[one, same].sum())))
    return chosen
