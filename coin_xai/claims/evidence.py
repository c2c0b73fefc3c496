"""What is known of the coins of one or several runs, ready to be asked about claims."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.claims.measurements import CONTROLS, DONOR, HEAT, LEAD, NETWORK, SECOND, Sight, Source
from coin_xai.claims.options import PartsModel
from coin_xai.claims.resampling import Estimate, interval_of_means, normal_interval

Floats = npt.NDArray[np.float64]
NETWORKS: tuple[Source, ...] = ("untrained", "shuffled")
"""The controls that can be shown a changed picture."""
LEAST_CLUSTER = 10
"""A cluster of fewer coins says nothing by itself."""


@dataclass(frozen=True)
class RunEvidence:
    """One run's part of the evidence.

    Attributes:
        cluster: of each coin (N).
        recognised: whether the network recognised it when it was held out, 0 or 1; NaN where nobody knows
            (N).
        measured: one row a source and coin, as `measure` returns them.
    """

    cluster: npt.NDArray[np.int64]
    recognised: Floats
    measured: pd.DataFrame


@dataclass(frozen=True)
class Evidence:
    """All of it.

    Attributes:
        coins: one row a coin, in the order of all arrays (N): coin_id, `collection` if somebody gave it,
            `relief`, `completeness`, `richness`, the measures of its photograph, and the columns of the
            table of coins; where a table gives the parts, `parts`: their names, with | between.
        runs: runs of the same coins; further ones differ in their seed.
        model: the parts that were measured.
        sight: what the networks can see.
        label: column of the types of the coins, if somebody gave them.
    """

    coins: pd.DataFrame
    runs: Sequence[RunEvidence]
    model: PartsModel
    sight: Sight
    label: str | None = None

    @cached_property
    def collection(self) -> npt.NDArray[np.int64]:
        """The collection of each coin, as a number; one for all where nobody gave it (N)."""
        if "collection" not in self.coins:
            return np.zeros(len(self.coins), dtype=np.int64)
        return np.unique(self.coins["collection"].fillna("").astype(str), return_inverse=True)[1]

    def lacks(self, *parts: str) -> str | None:
        """Return which of some parts no coin has, in words; None where each is there."""
        if self.model != "table":
            return None
        given = {name for names in self.coins["parts"] for name in names.split("|")}
        lacking = next((part for part in parts if part not in given), None)
        return None if lacking is None else f"no coin has a part `{lacking}` in the table"

    @cached_property
    def _aligned(self) -> dict[tuple[int, Source], pd.DataFrame]:
        order = self.coins["coin_id"]
        return {
            (number, source): rows.set_index("coin_id").reindex(order)
            for number, run in enumerate(self.runs)
            for source, rows in run.measured.groupby("source")
        }

    def of(self, run: int, source: Source, column: str) -> Floats:
        """Return one measure of every coin; NaN where it was not measured (N)."""
        rows = self._aligned.get((run, source))
        if rows is None or column not in rows:
            return np.full(len(self.coins), np.nan)
        values: Floats = rows[column].to_numpy(dtype=np.float64)
        return values

    def donors(self, run: int) -> npt.NDArray[np.int64]:
        """Return the position of the coin whose canton each coin was given; -1 without one (N)."""
        rows = self._aligned.get((run, NETWORK))
        if rows is None or DONOR not in rows:
            return np.full(len(self.coins), -1)
        positions: npt.NDArray[np.int64] = pd.Index(self.coins["coin_id"]).get_indexer(rows[DONOR])
        return positions

    def difference(self, run: int, source: Source, first: str, second: str) -> Floats:
        """Return one measure less another (N)."""
        return self.of(run, source, first) - self.of(run, source, second)

    def heat(self, first: str, second: str) -> "Contrast":
        """Compare the ln density of heat on two parts, in the network and in each control."""
        columns = f"{HEAT} {first}", f"{HEAT} {second}"
        return self._compared(CONTROLS, lambda run, source: self.difference(run, source, *columns))

    def second_opinion(self, first: str, second: str) -> float:
        """Return the mean difference of the ln densities on two parts by Grad-CAM."""
        columns = f"{SECOND} {first}", f"{SECOND} {second}"
        numbers = range(len(self.runs))
        return self.mean([self.difference(number, NETWORK, *columns) for number in numbers]).value

    def cost(self, part: str, others: Sequence[str]) -> "Contrast":
        """Compare what hiding a part costs with the mean of what hiding others does, likewise.

        A cost is how much of the lead of a coin's cluster is lost, in shares of the mean size of all leads.
        """
        return self._compared(
            NETWORKS, lambda run, source: self.lost(run, source, part) - self._mean_lost(run, source, others)
        )

    def lost(self, run: int, source: Source, part: str) -> Floats:
        """Return what hiding a part costs of every coin, in shares of the mean size of all leads (N)."""
        lead = self.of(run, source, LEAD)
        known = np.abs(lead[~np.isnan(lead)])
        lost: Floats = (lead - self.of(run, source, f"{LEAD} {part}")) / (
            known.mean() if len(known) else np.nan
        )
        return lost

    def _mean_lost(self, run: int, source: Source, parts: Sequence[str]) -> Floats:
        mean: Floats = np.mean([self.lost(run, source, part) for part in parts], axis=0)
        return mean

    def _compared(self, controls: Sequence[Source], measure: Callable[[int, Source], Floats]) -> "Contrast":
        numbers = range(len(self.runs))
        own = [measure(number, NETWORK) for number in numbers]
        less: dict[str, Sequence[Floats]] = {
            control: [mine - measure(number, control) for number, mine in zip(numbers, own, strict=True)]
            for control in controls
        }
        return Contrast(own, less, self.mean(own), {name: self.mean(rest) for name, rest in less.items()})

    def mean(self, values: Sequence[Floats]) -> Estimate:
        """Return the mean over runs, collections and coins with its interval (N each)."""
        return interval_of_means(values, self.collection)

    def by_cluster(self, values: Floats) -> dict[str, Estimate]:
        """Return the mean of a measure in each cluster of the first run, the highest first (values: N).

        Clusters of fewer than LEAST_CLUSTER coins of which it is known are left out.
        """
        cluster = self.runs[0].cluster
        found = {f"cluster {one}": normal_interval(values[cluster == one]) for one in np.unique(cluster)}
        large = {name: mean for name, mean in found.items() if mean.coins >= LEAST_CLUSTER}
        return dict(sorted(large.items(), key=lambda row: -row[1].value))

    def first(self, values: Floats, count: int = 10) -> list[str]:
        """Return the ids of the coins of the highest values."""
        known = np.flatnonzero(~np.isnan(values))
        best = known[np.argsort(-values[known], kind="stable")][:count]
        return [str(name) for name in self.coins["coin_id"].to_numpy()[best]]


@dataclass(frozen=True)
class Contrast:
    """How much more one part counts than another.

    Attributes:
        values: of each run and coin (N each).
        less: the same less that of each control, coin by coin (N each).
        effect: mean of the values.
        beyond: mean of what exceeds each control.
    """

    values: Sequence[Floats]
    less: Mapping[str, Sequence[Floats]]
    effect: Estimate
    beyond: dict[str, Estimate]

    @property
    def of_controls(self) -> dict[str, Sequence[Floats]]:
        """The values of each control, of each run and coin (N each)."""
        return {
            name: [own - over for own, over in zip(self.values, less, strict=True)]
            for name, less in self.less.items()
        }
