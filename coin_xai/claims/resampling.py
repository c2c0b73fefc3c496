"""Intervals and tests that know how the coins came together: by run, by collection, by coin."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_xai.common.random_streams import stream

Floats = npt.NDArray[np.float64]

RESAMPLES = 2000
RESAMPLES_OF_OTHERS = 400
"""Of numbers that are no means, each of which is computed anew for every resample."""
AT_ONCE = 250
"""Resamples in one matrix: of 20,000 coins 40 MB."""
LEAST_COLLECTIONS = 5
"""Of so many, collections are drawn, then coins of each. Of fewer, coins are drawn whatever their collection,
and the interval says nothing of other collections. To draw coins of each would take for granted how many
there are of each, which is chance as well: where collections differed, one interval in three missed."""


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval.

    Attributes:
        value: of all coins.
        low, high: ends of the interval; NaN where there are too few coins.
        coins: how many it rests on.
    """

    value: float
    low: float
    high: float
    coins: int


def interval_of_means(
    values: Sequence[Floats],
    collection: npt.NDArray[np.int64],
    *,
    less: npt.NDArray[np.bool_] | None = None,
    seed: int = 0,
) -> Estimate:
    """Return the mean of a measure with its interval: runs are drawn, then collections, then coins of each.

    Args:
        values: of each run, the measure of every coin, NaN where it is not known (N each).
        collection: of each coin (N).
        less: coins whose mean is taken off the mean of the others, if there are such (N).
        seed: of the resampling.
    """
    runs = np.stack(values)
    known = ~np.isnan(runs).all(axis=0)
    nothing = Estimate(float("nan"), float("nan"), float("nan"), 0)
    if not known.any():
        return nothing
    runs, collection = runs[:, known], collection[known]
    groups = [np.ones(known.sum(), dtype=bool)] if less is None else [~less[known], less[known]]
    if not all((~np.isnan(runs[:, group])).any() for group in groups):
        return nothing
    generator = stream(seed, "bootstrap")
    means = np.concatenate(
        [
            _means(runs, groups, _times_drawn(collection, AT_ONCE, generator), generator)
            for _ in range(RESAMPLES // AT_ONCE)
        ]
    )
    low, high = np.nanquantile(means, (0.025, 0.975))
    once = np.ones((1, len(collection)))
    return Estimate(float(_means(runs, groups, once, None)[0]), float(low), float(high), int(known.sum()))


def normal_interval(values: Floats) -> Estimate:
    """Return the mean of some coins with its interval by the normal distribution.

    Args:
        values: of the coins, NaN where a thing is not known (n).
    """
    known = values[~np.isnan(values)]
    if len(known) < 2:
        return Estimate(float("nan"), float("nan"), float("nan"), len(known))
    mean, reach = float(known.mean()), 1.96 * float(known.std(ddof=1)) / np.sqrt(len(known))
    return Estimate(mean, mean - reach, mean + reach, len(known))


def _times_drawn(collection: npt.NDArray[np.int64], resamples: int, generator: np.random.Generator) -> Floats:
    """Return how often each coin is in each resample (resamples x N)."""
    count = len(collection)
    names, index, sizes = np.unique(collection, return_inverse=True, return_counts=True)
    if len(names) < LEAST_COLLECTIONS:
        return generator.multinomial(count, np.full(count, 1 / count), resamples).astype(float)
    drawn = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), resamples).astype(float)
    times = np.empty((resamples, count))
    for number, size in enumerate(sizes):
        own = generator.multinomial(size, np.full(size, 1 / size), resamples)
        times[:, index == number] = own * drawn[:, number, None]
    return times


def _means(
    runs: Floats, groups: list[npt.NDArray[np.bool_]], times: Floats, generator: np.random.Generator | None
) -> Floats:
    """Return the mean over runs of the mean over coins, of the first group less the second (resamples)."""
    count = len(runs)
    drawn = np.ones((len(times), count))
    if generator is not None and count > 1:
        drawn = generator.multinomial(count, np.full(count, 1 / count), len(times)).astype(float)
    known = ~np.isnan(runs)
    values = np.where(known, runs, 0)
    found = []
    with np.errstate(invalid="ignore", divide="ignore"):
        for group in groups:
            mean = (times @ (values * group).T) / (times @ (known & group).T)
            there = ~np.isnan(mean)
            found.append(np.where(there, mean * drawn, 0).sum(axis=1) / (drawn * there).sum(axis=1))
    means: Floats = found[0] if len(found) == 1 else found[0] - found[1]
    return means


def interval_of(statistic: Callable[[npt.NDArray[np.int64]], float], count: int) -> Estimate:
    """Return a number that is no mean with its bootstrap interval over coins.

    Args:
        statistic: of some coins, by their positions, which may repeat.
        count: of coins.
    """
    generator = stream(0, "bootstrap")
    drawn = [statistic(generator.integers(count, size=count)) for _ in range(RESAMPLES_OF_OTHERS)]
    low, high = np.nanquantile(drawn, (0.025, 0.975))
    return Estimate(statistic(np.arange(count)), float(low), float(high), count)


def across_runs(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of what runs of the same coins say, with an interval that holds those of all."""
    return Estimate(
        float(np.mean([one.value for one in estimates])),
        min(one.low for one in estimates),
        max(one.high for one in estimates),
        estimates[0].coins,
    )


def jackknife(statistic: Callable[[npt.NDArray[np.int64]], float], count: int) -> Estimate:
    """Return a number about pairs of coins with its interval, by leaving out one coin after the other.

    Pairs that share a coin are not independent: an interval over pairs is far too narrow (Severiano et al.
    2011).
    """
    if count < 2:
        return Estimate(float("nan"), float("nan"), float("nan"), count)
    everyone = np.arange(count)
    value = statistic(everyone)
    without = np.array([statistic(np.delete(everyone, one)) for one in range(count)])
    error = np.sqrt((count - 1) / count * np.nansum((without - np.nanmean(without)) ** 2))
    return Estimate(value, value - 1.96 * float(error), value + 1.96 * float(error), count)


def shuffled_within(
    collection: npt.NDArray[np.int64], generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return a permutation of coins that leaves each in its collection (N)."""
    order = np.arange(len(collection))
    for one in np.unique(collection):
        own = np.flatnonzero(collection == one)
        order[own] = own[generator.permutation(len(own))]
    return order
