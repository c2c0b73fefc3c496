"""How far two groupings of the same coins agree, beyond chance or not."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score
from sklearn.metrics.cluster import contingency_matrix

Labels = npt.ArrayLike


@dataclass(frozen=True)
class Agreement:
    """Three figures for one pair of groupings.

    Attributes:
        ami: adjusted mutual information; 0 is chance, 1 is equal. The one to trust.
        nmi: mutual information over the geometric mean of the entropies, as the DeepCluster paper
            defines it; not corrected for chance, so high by itself for many clusters and few coins.
        ari: adjusted Rand index; 0 is chance, 1 is equal.
    """

    ami: float
    nmi: float
    ari: float


def agreement(first: Labels, second: Labels) -> Agreement:
    """Compare two groupings, given as one label per coin in the same order."""
    return Agreement(
        ami=float(adjusted_mutual_info_score(first, second)),
        nmi=float(normalized_mutual_info_score(first, second, average_method="geometric")),
        ari=float(adjusted_rand_score(first, second)),
    )


def moved_share(before: Labels, after: Labels) -> float:
    """Return the share of coins that changed their cluster, whatever the clusters are called.

    Cluster ids have no meaning from one k-means to the next, so the ids are first matched one to one
    such that as few coins as possible move (Kuhn 1955, the Hungarian method).
    """
    shared = contingency_matrix(before, after)
    rows, columns = linear_sum_assignment(shared, maximize=True)
    return float(1 - shared[rows, columns].sum() / np.asarray(before).shape[0])
