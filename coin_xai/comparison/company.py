"""Which coins wander: those whose companions are others in every partition."""

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from coin_xai.evidence.cluster_overlap import cluster_overlap

Partition = npt.NDArray[np.int64]


def kept_company(partitions: Sequence[Partition]) -> npt.NDArray[np.float64]:
    """Return for each coin how far its clusters are the same coins, in the mean over all pairs (N).

    The measure is Jaccard's, the coin itself among its company: 1 stays with the same coins everywhere.

    Args:
        partitions: two or more of the same N coins.
    """
    total = np.zeros(len(partitions[0]))
    for first, second in combinations(partitions, 2):
        total += cluster_overlap(first, second)
    return total / math.comb(len(partitions), 2)


def company_by_chance(partitions: Sequence[Partition], generator: np.random.Generator) -> float:
    """Return the mean of `kept_company` once each partition's coins are dealt out anew, its sizes kept."""
    return float(kept_company([generator.permutation(one) for one in partitions]).mean())
