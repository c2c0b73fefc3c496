"""What finished runs have in common, found on the coins that all of them have."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from coin_xai.clustering.falls import Falls, falls_of
from coin_xai.common.random_streams import stream
from coin_xai.comparison.comparison import Comparison, compare
from coin_xai.errors import CatalogueError, OptionError
from tasks.comparing.finished_run import FinishedRun, read_finished

Value = TypeVar("Value")

CHANCE_SEED = 0
"""Of the shuffles; the same runs are always compared with the same chance."""


@dataclass(frozen=True)
class Findings:
    """Runs, and what was found of the coins that all of them have.

    Attributes:
        runs: in the order in which coins are followed from one to the next.
        coin_ids: of the coins that all runs have (N).
        comparison: of the runs' clusters of these coins.
        label: what the table of coins says of each, a text or nothing (N); None where nobody asked.
        falls: which k the graph of matching coins speaks for; None where no run has one.
    """

    runs: Sequence[FinishedRun]
    coin_ids: Sequence[str]
    comparison: Comparison
    label: pd.Series | None
    falls: Falls | None

    def partition(self, position: int) -> pd.DataFrame:
        """Return the partition of a run, of the compared coins alone, in their order."""
        return self.runs[position].partition.set_index("coin_id").loc[list(self.coin_ids)].reset_index()


def read_runs(folders: Sequence[Path]) -> list[FinishedRun]:
    """Read runs that are to be compared.

    Raises:
        OptionError: fewer than two runs, one of them twice, or two of one name.
        MissingError: one of them is not finished.
    """
    if len(folders) < 2:
        raise OptionError("one run alone is nothing to compare; name two or more")
    twice = _first_repeated([folder.resolve() for folder in folders])
    if twice is not None:
        raise OptionError(f"{twice} is given twice, and agrees with itself; name each run once")
    found = [read_finished(folder) for folder in folders]
    name = _first_repeated([run.name for run in found])
    if name is not None:
        raise OptionError(f"two runs are called {name}, and tables could not tell them apart; rename one")
    return found


def find(runs: Sequence[FinishedRun], label: str | None) -> Findings:
    """Compare the clusters of the coins that all runs have.

    Args:
        runs: two or more.
        label: column of the table of coins to compare with.

    Raises:
        CatalogueError: the runs have fewer than two coins in common.
        OptionError: no table of coins has the label.
    """
    common = set.intersection(*(set(run.partition["coin_id"]) for run in runs))
    if len(common) < 2:
        names = ", ".join(run.name for run in runs)
        raise CatalogueError(
            f"{names} have {'one coin' if common else 'no coins'} in common; compare runs of the same coins"
        )
    coin_ids = sorted(common)
    partitions = [
        run.partition.set_index("coin_id")["cluster"].loc[coin_ids].to_numpy(np.int64) for run in runs
    ]
    return Findings(
        runs=runs,
        coin_ids=coin_ids,
        comparison=compare(partitions, stream(CHANCE_SEED, "comparison")),
        label=None if label is None else _labels(runs, coin_ids, label),
        falls=_falls(runs),
    )


def _labels(runs: Sequence[FinishedRun], coin_ids: Sequence[str], label: str) -> pd.Series:
    """Return the labels of some coins, by the first table whose column of that name says any of them."""
    found = None
    for run in runs:
        coins = run.coins().set_index("coin_id", drop=False)
        if label in coins:
            found = coins[label].reindex(list(coin_ids))
            if found.notna().any():
                break
    if found is None:
        raise OptionError(f"no table of coins of these runs has a column {label} (--label)")
    return pd.Series([None if pd.isna(one) else str(one) for one in found], dtype=object, name=label)


def _falls(runs: Sequence[FinishedRun]) -> Falls | None:
    """Return what the graph of the first run says that has matched its coins."""
    graphs = (run.matching() for run in runs)
    first = next((graph for graph in graphs if graph is not None), None)
    return None if first is None else falls_of(first)


def _first_repeated(values: Sequence[Value]) -> Value | None:
    return next((value for value, times in Counter(values).items() if times > 1), None)
