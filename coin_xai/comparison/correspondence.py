"""Which cluster of one partition is which of another, so that colours and names can go with it."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix

Partition = npt.NDArray[np.int64]


def correspondence(before: Partition, after: Partition) -> pd.DataFrame:
    """Match the clusters of two partitions of the same coins one to one.

    Of all ways to match them it is the one with the largest sum of Jaccard indices: coins in both clusters,
    as a share of those in either (the Hungarian method, Kuhn 1955). Clusters that share no coin stay
    unmatched.

    Returns:
        before, after, jaccard; by the ids of before.
    """
    shared = contingency_matrix(before, after).astype(np.float64)
    either = shared.sum(axis=1, keepdims=True) + shared.sum(axis=0, keepdims=True) - shared
    jaccard = shared / either
    rows, columns = linear_sum_assignment(jaccard, maximize=True)
    table = pd.DataFrame(
        {
            "before": np.unique(before)[rows],
            "after": np.unique(after)[columns],
            "jaccard": jaccard[rows, columns],
        }
    )
    return table[table["jaccard"] > 0].reset_index(drop=True)


def families(partitions: Sequence[Partition]) -> list[dict[int, int]]:
    """Return the family of every cluster, by partition and id: what is matched from one to the next is one.

    The clusters of the first partition found a family each, the largest first; whatever has no counterpart in
    the partition before founds another. So families belong to the order in which partitions are given.
    """
    found = [{one: number for number, one in enumerate(_by_size(partitions[0]))}]
    founded = len(found[0])
    for before, after in pairwise(partitions):
        matched = correspondence(before, after)
        own = {
            int(new): found[-1][int(old)]
            for old, new in zip(matched["before"], matched["after"], strict=True)
        }
        for one in _by_size(after):
            if one not in own:
                own[one] = founded
                founded += 1
        found.append(own)
    return found


def _by_size(partition: Partition) -> list[int]:
    ids, sizes = np.unique(partition, return_counts=True)
    return [int(one) for one in ids[np.argsort(-sizes, kind="stable")]]
