"""Cores: coins that are together in every one of several partitions, beside what chance puts together.

Any partitions have coins in common cells, and two coarse ones have most of them. So each core is compared
with partitions whose clusters are as large and whose coins are dealt out anew, each partition by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import poisson

Partition = npt.NDArray[np.int64]

SHUFFLES = 99
"""A core that surprises more than all of those of 99 shuffles does so by chance in one case of a hundred."""

ALONE = -1


@dataclass(frozen=True)
class Cores:
    """What is together in all partitions.

    Attributes:
        core: number of the core of each coin, the largest first; ALONE without one (N).
        table: a row a core: core, coins, expected (coins in its clusters at once, by chance), beyond_chance.
        share: of the coins that are in a core.
        share_beyond_chance: of the coins that are in one which surprises more than all those of shuffles.
        share_by_chance: of the coins in cores of shuffled partitions, in the mean.
        largest_by_chance: coins in the largest core of any shuffle.
    """

    core: Partition
    table: pd.DataFrame
    share: float
    share_beyond_chance: float
    share_by_chance: float
    largest_by_chance: int


def cores(partitions: Sequence[Partition], generator: np.random.Generator) -> Cores:
    """Find the largest sets of two coins or more that are together in every partition.

    How much a core surprises is told by the chance of as many coins in one cell, as Poisson has it for the
    number that is expected there. The limit is the greatest surprise of all shuffles, so that it holds for
    all cores at once (the max-statistic, Westfall & Young 1993).

    Args:
        partitions: R of the same N coins.
        generator: deals the coins out anew.
    """
    plain = [np.unique(one, return_inverse=True)[1] for one in partitions]
    cell, size, expected = _cells(plain)
    dealt = [_cells([generator.permutation(one) for one in plain])[1:] for _ in range(SHUFFLES)]
    limit = max(_surprise(*one).max(initial=0) for one in dealt)
    count = len(cell)
    order = [number for number in np.argsort(-size, kind="stable") if size[number] > 1]
    number_of = np.full(len(size), ALONE)
    number_of[order] = np.arange(len(order))
    table = pd.DataFrame(
        {
            "core": np.arange(len(order)),
            "coins": size[order],
            "expected": expected[order],
            "beyond_chance": (_surprise(size, expected) > limit)[order],
        }
    )
    return Cores(
        core=number_of[cell],
        table=table,
        share=float(table["coins"].sum() / count),
        share_beyond_chance=float(table.loc[table["beyond_chance"], "coins"].sum() / count),
        share_by_chance=float(np.mean([own[own > 1].sum() / count for own, _ in dealt])),
        largest_by_chance=int(max(own.max() for own, _ in dealt)),
    )


def _cells(
    partitions: Sequence[Partition],
) -> tuple[Partition, Partition, npt.NDArray[np.float64]]:
    """Return the cell of each coin (N), and of each cell (C) how many coins it has and should have by chance.

    Cells are numbered in the order of their first coin.

    Args:
        partitions: whose clusters are numbered from 0 without gaps.
    """
    cell = partitions[0]
    for one in partitions[1:]:  # two at a time, or the number of possible cells would leave the integers
        cell = np.unique(cell * (one.max() + 1) + one, return_inverse=True)[1]
    _, first, cell, size = np.unique(cell, return_index=True, return_inverse=True, return_counts=True)
    shares = [np.bincount(one)[one[first]] / len(one) for one in partitions]
    order = np.argsort(first)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return rank[cell], size[order], (len(cell) * np.prod(shares, axis=0))[order]


def _surprise(size: Partition, expected: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    several = np.where(size > 1, size, 0)  # a coin alone is no core, however rare its cell is
    return np.asarray(-poisson.logsf(several - 1, expected))
