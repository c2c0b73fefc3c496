"""Everything that is asked of several partitions of the same coins at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_xai.comparison.company import company_by_chance, kept_company
from coin_xai.comparison.cores import Cores, cores
from coin_xai.comparison.correspondence import families
from coin_xai.comparison.pairs import agreements, like_beside_like, one_for_each_k

Partition = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Comparison:
    """What several partitions of the same coins share, and what not.

    Attributes:
        partitions: R of them, in the order in which they were given (N each).
        ami: adjusted mutual information of every pair (R x R).
        order: positions of the partitions, such that like stands beside like.
        tree: positions of one partition for each number of clusters, which rises.
        families: of the clusters of each partition, by their ids; matched clusters are of one.
        cores: coins that are together in all partitions.
        company: of each coin, how far its clusters are the same coins (N).
        company_by_chance: the mean of that once coins are dealt out anew.
    """

    partitions: Sequence[Partition]
    ami: npt.NDArray[np.float64]
    order: Sequence[int]
    tree: Sequence[int]
    families: Sequence[dict[int, int]]
    cores: Cores
    company: npt.NDArray[np.float64]
    company_by_chance: float


def compare(partitions: Sequence[Partition], generator: np.random.Generator) -> Comparison:
    """Compare two partitions or more of the same coins.

    Args:
        partitions: in the order in which coins are followed from one to the next.
        generator: deals coins out anew, for what chance would do.
    """
    ami = agreements(partitions)
    return Comparison(
        partitions=partitions,
        ami=ami,
        order=like_beside_like(ami),
        tree=one_for_each_k([len(np.unique(one)) for one in partitions], ami),
        families=families(partitions),
        cores=cores(partitions, generator),
        company=kept_company(partitions),
        company_by_chance=company_by_chance(partitions, generator),
    )
