"""Where the coins of each cluster go from one partition to another, and where they come from."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics.cluster import contingency_matrix


def movements(before: npt.NDArray[np.int64], after: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Count the coins that go from each cluster of one partition to each of another.

    Args:
        before: cluster of each coin (N).
        after: of the same coins (N).

    Returns:
        before, after, coins, share_of_before, share_of_after; pairs of clusters that share a coin alone, by
        their ids. The last column says which parents a cluster has, and by what share.
    """
    shared = contingency_matrix(before, after)
    rows, columns = np.nonzero(shared)
    coins = shared[rows, columns]
    return pd.DataFrame(
        {
            "before": np.unique(before)[rows],
            "after": np.unique(after)[columns],
            "coins": coins,
            "share_of_before": coins / shared.sum(axis=1)[rows],
            "share_of_after": coins / shared.sum(axis=0)[columns],
        }
    )
