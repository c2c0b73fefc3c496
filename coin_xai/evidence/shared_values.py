"""What the coins of a cluster share in the terms of the user's table, and what tells them from other coins.

A value counts where more of the coins have it than a cluster of as many coins drawn by chance would show: the
upper tail of the hypergeometric distribution, Bonferroni's correction for all that was asked.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import hypergeom

LEVEL = 0.01
"""Probability that chance alone lets anything be said of a run."""
LEAST_SHARE = 0.5
"""Of the coins: what fewer have they do not share."""
LEAST_DIFFERENCE = 0.25
"""Of both shares: less may be sure and yet says little."""
MOST_SAID = 4
MOST_DIFFERENT = 0.5
"""Share of the coins that may have values of their own: a column of inventory numbers describes nothing."""


class Shared(NamedTuple):
    """A value that the coins of a cluster share.

    Attributes:
        column: of the table.
        value: as text.
        here: share of the cluster's coins that have it.
        elsewhere: share of the other coins.
    """

    column: str
    value: str
    here: float
    elsewhere: float


def shared_values(
    table: pd.DataFrame, cluster: npt.NDArray[np.int64], columns: Collection[str]
) -> dict[int, list[Shared]]:
    """Return what the coins of each cluster share and all others do not, the surest first, by cluster.

    Args:
        table: one row a coin.
        cluster: of each coin (N).
        columns: those of the table that describe coins; of what is equally sure, the first ones are said.
    """
    texts = _texts(table, columns)
    sides = {int(one): (cluster == one, cluster != one) for one in np.unique(cluster)}
    return _said(texts, sides)


def differing_values(
    table: pd.DataFrame, cluster: npt.NDArray[np.int64], columns: Collection[str], rival: Mapping[int, int]
) -> dict[int, list[Shared]]:
    """Return what the coins of each cluster share and those of one other cluster do not, by cluster.

    Args:
        table: one row a coin.
        cluster: of each coin (N).
        columns: those of the table that describe coins.
        rival: the other cluster, by cluster.
    """
    texts = _texts(table, columns)
    sides = {one: (cluster == one, cluster == other) for one, other in rival.items()}
    return _said(texts, sides)


def _texts(table: pd.DataFrame, columns: Collection[str]) -> dict[str, pd.Series]:
    """Return the columns of which values are worth saying, as texts, missing ones as missing.

    Measures are not: that many coins have the very same one says nothing of their kind.
    """
    found = {}
    for name in columns:
        texts = table[name].map(str, na_action="ignore").reset_index(drop=True)
        words = pd.to_numeric(texts.dropna(), errors="coerce").isna().any()
        if words and texts.nunique() <= MOST_DIFFERENT * len(texts):
            found[name] = texts
    return found


class _Question(NamedTuple):
    """Whether a value is commoner in a cluster than chance makes it.

    Attributes:
        column: of the table.
        value: as text.
        hits: coins of the cluster that have it.
        own: coins of the cluster.
        beside: other coins that have it.
        others: other coins.
    """

    column: str
    value: str
    hits: int
    own: int
    beside: int
    others: int


def _said(
    texts: Mapping[str, pd.Series],
    sides: Mapping[int, tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]],
) -> dict[int, list[Shared]]:
    coded = {name: pd.factorize(column) for name, column in texts.items()}
    asked = [
        (one, question) for one, (here, there) in sides.items() for question in _asked(coded, here, there)
    ]
    sure = sorted(zip(_chances([question for _, question in asked]), asked, strict=True), key=itemgetter(0))
    worth: dict[int, list[Shared]] = {one: [] for one in sides}
    for chance, (one, (column, value, hits, own, beside, others)) in sure:
        shared = Shared(column, value, hits / own, beside / others if others else 0.0)
        if chance * len(asked) < LEVEL and _worth_saying(shared):
            worth[one].append(shared)
    return {one: _one_a_column(found) for one, found in worth.items()}


def _asked(
    coded: Mapping[str, tuple[npt.NDArray[np.int64], pd.Index]],
    here: npt.NDArray[np.bool_],
    there: npt.NDArray[np.bool_],
) -> Iterator[_Question]:
    """Yield a question for each value of the coins here, column by column, the commonest first."""
    own, others = int(here.sum()), int(there.sum())
    for name, (codes, values) in coded.items():
        # Missing values have the code -1.
        inside, outside = (
            np.bincount(codes[side] + 1, minlength=len(values) + 1)[1:] for side in (here, there)
        )
        for code in np.argsort(-inside, kind="stable")[: np.count_nonzero(inside)]:
            yield _Question(name, str(values[code]), int(inside[code]), own, int(outside[code]), others)


def _chances(questions: Sequence[_Question]) -> list[float]:
    """Return with what probability chance gives a cluster as many coins with the value, or more."""
    if not questions:
        return []
    hits, own, beside, others = np.array([question[2:] for question in questions]).T
    chances: list[float] = hypergeom.sf(hits - 1, own + others, hits + beside, own).tolist()
    return chances


def _worth_saying(shared: Shared) -> bool:
    return shared.here >= LEAST_SHARE and shared.here - shared.elsewhere >= LEAST_DIFFERENCE


def _one_a_column(found: Sequence[Shared]) -> list[Shared]:
    first = {shared.column: shared for shared in reversed(found)}
    return [shared for shared in found if first[shared.column] is shared][:MOST_SAID]
