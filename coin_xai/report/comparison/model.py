"""What the page of a comparison is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.clustering.falls import Falls
from coin_xai.comparison.comparison import Comparison
from coin_xai.report.model import Table


@dataclass(frozen=True)
class RunMaps:
    """The maps of one run, as its own page has them.

    Attributes:
        method: name of the method, as people write it.
        grid: height and width of a map in cells.
        alike: whether coins lie alike in them, so that their mean shows something.
        maximum: of each map, raw; not a number for a coin without one (N).
        steps: each map in 256 steps of its maximum (N x height * width).
        squares: left, top, width and height of what the network saw, in per cent of the photograph, and its
            turn in degrees (N x 5).
        aspect: width of each photograph, as a share of its height (N).
    """

    method: str
    grid: tuple[int, int]
    alike: bool
    maximum: npt.NDArray[np.float64]
    steps: npt.NDArray[np.uint8]
    squares: npt.NDArray[np.float64]
    aspect: npt.NDArray[np.float64]


@dataclass(frozen=True)
class RunShown:
    """One run as the page shows it.

    Attributes:
        name: of the run.
        names: of clusters that have one, by their ids.
        typical: positions of the most typical coins of each cluster, by its id.
        left_out: how many of its coins not all runs have.
        warnings: sentences in English.
        verdicts: number, claim, verdict of the claims that were asked.
        maps: of the compared coins; None where it has none.
    """

    name: str
    names: Mapping[int, str]
    typical: Mapping[int, Sequence[int]]
    left_out: int
    warnings: Sequence[str]
    verdicts: pd.DataFrame
    maps: RunMaps | None


@dataclass(frozen=True)
class ComparisonReport:
    """What the page says.

    Attributes:
        comparison: of the runs.
        coin_ids: of the compared coins (N).
        stems: of the names of their pictures (N).
        photographed: whether there is a photograph to show (N).
        shown: the runs, in the order of the comparison (R).
        settings: names of the settings in which they differ.
        runs: a row a run, as `tasks.comparing.tables` has it.
        seeds: a row a setting: mean and spread of figures over its seeds, and how many seeds know each.
        cores: a row a core, the largest first.
        falls: which k the graph of matching coins speaks for; None where no run has one.
        label: name of a column of the table of coins, and what it says of each coin or None (N); None
            without one.
        tables: to take away.
    """

    comparison: Comparison
    coin_ids: Sequence[str]
    stems: Sequence[str]
    photographed: npt.NDArray[np.bool_]
    shown: Sequence[RunShown]
    settings: Sequence[str]
    runs: pd.DataFrame
    seeds: pd.DataFrame
    cores: pd.DataFrame
    falls: Falls | None
    label: tuple[str, Sequence[str | None]] | None
    tables: Sequence[Table]
