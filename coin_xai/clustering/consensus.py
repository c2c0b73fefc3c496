"""What several partitions of the same coins agree on, and how sure each coin's cluster is.

A partition by k-means depends on its seed, most of all for coins between clusters. Clusters of different
seeds are matched one to one (the Hungarian method, Kuhn 1955), and then each coin goes where most seeds put
it (voting, Dudoit & Fridlyand 2003), as often as that still moves a coin.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from sklearn.metrics.cluster import contingency_matrix

Partition = npt.NDArray[np.int64]

MOST_ROUNDS = 10
NO_CLUSTER = -1


def consensus(partitions: Sequence[Partition], reference: Partition) -> Partition:
    """Return the partition that most of some partitions agree with (N).

    A coin whose votes are even stays where the reference has it; so do the coins of a cluster that the votes
    would leave empty. No cluster is lost and none is added.

    Args:
        partitions: of the same N coins, each with ids of its own.
        reference: one partition, whose ids the result has.
    """
    agreed = reference
    for _ in range(MOST_ROUNDS):
        voted = _vote(np.stack([renamed(one, like=agreed) for one in partitions]), agreed)
        lost = np.setdiff1d(agreed, voted)
        voted = np.where(np.isin(agreed, lost), agreed, voted)
        if np.array_equal(voted, agreed):
            break
        agreed = voted
    return agreed


def stability(partitions: Sequence[Partition], cluster: Partition) -> npt.NDArray[np.float32]:
    """Return for each coin the share of the partitions that put it into the cluster like its own (N).

    Args:
        partitions: of the same N coins, each with ids of its own.
        cluster: of each coin, in the partition that is asked about (N).
    """
    same = [renamed(one, like=cluster) == cluster for one in partitions]
    return np.asarray(np.mean(same, axis=0), dtype=np.float32)


def renamed(partition: Partition, *, like: Partition) -> Partition:
    """Return a partition by the ids of another one, such that as few coins as possible differ (N).

    A cluster without a counterpart, where there are more of them than in the other one, becomes NO_CLUSTER.
    """
    shared = contingency_matrix(like, partition)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    own, positions = np.unique(partition, return_inverse=True)
    ids = np.full(len(own), NO_CLUSTER)
    ids[columns] = np.unique(like)[rows]
    return ids[positions]


def _vote(votes: npt.NDArray[np.int64], before: Partition) -> Partition:
    """Return the id with the most votes (S x N) for each coin; where votes are even, the one of before."""
    counts = np.stack([(votes == one).sum(axis=0) for one in votes])
    counts[votes == NO_CLUSTER] = 0
    most = counts.max(axis=0)
    winner = np.take_along_axis(votes, counts.argmax(axis=0)[None], axis=0)[0]
    stays = ((votes == before).sum(axis=0) == most) | (most == 0)
    return np.where(stays, before, winner)
