import numpy as np
import pytest
from scipy.stats import bootstrap

from coin_xai.claims.resampling import (
    Estimate,
    interval_of,
    interval_of_means,
    jackknife,
    normal_interval,
    shuffled_within,
)


def one(count):
    return np.zeros(count, dtype=np.int64)


def test_the_interval_of_a_mean_is_that_of_scipy():
    values = np.random.default_rng(0).gamma(2, size=150)
    found = interval_of_means([values], one(150))
    theirs = bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    assert found.value == pytest.approx(values.mean())
    # Two bootstraps differ by chance: by a twentieth of the interval's length.
    assert (found.low, found.high) == pytest.approx(
        (theirs.low, theirs.high), abs=0.05 * (theirs.high - theirs.low)
    )


def test_the_difference_of_two_groups_has_an_interval_too():
    values = np.concatenate([np.full(40, 3.0), np.full(60, 1.0)]) + np.random.default_rng(0).normal(
        0, 0.1, 100
    )
    found = interval_of_means([values], one(100), less=np.arange(100) >= 40)
    assert found.low < 2 < found.high
    assert found.high - found.low < 0.2


def test_coins_that_are_not_known_do_not_count():
    values = np.array([1.0, np.nan, 3.0, np.nan])
    assert interval_of_means([values], one(4)).value == 2
    assert interval_of_means([values], one(4)).coins == 2
    nothing = interval_of_means([np.full(4, np.nan)], one(4))
    assert nothing.coins == 0
    assert np.isnan(nothing.value)


def test_runs_that_disagree_widen_the_interval():
    generator = np.random.default_rng(0)
    alike = [generator.normal(1, 0.1, 80) for _ in range(3)]
    apart = [values + shift for values, shift in zip(alike, (-1, 0, 1), strict=True)]
    narrow, wide = interval_of_means(alike, one(80)), interval_of_means(apart, one(80))
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


@pytest.mark.parametrize("collections", [2, 8])
def test_many_collections_are_drawn_and_few_are_not(collections):
    collection = np.repeat(np.arange(collections), 320 // collections)
    values = collection + np.random.default_rng(0).normal(0, 0.01, len(collection))
    found = interval_of_means([values], collection)
    width = found.high - found.low
    # Within collections coins hardly differ. Of eight that are drawn, the mean is off by .81; of 320 coins
    # that are drawn whatever their collection, by .5 / sqrt(320).
    assert width == pytest.approx(4 * (0.81 if collections == 8 else 0.028), rel=0.15)


def test_how_many_coins_came_from_each_of_two_collections_is_chance_as_well():
    generator = np.random.default_rng(7)
    samples = [generator.integers(2, size=60) for _ in range(200)]
    found = [interval_of_means([own + generator.normal(0, 0.1, 60)], own) for own in samples]
    # 95 % of 200 are 190; fewer than 178 come once in a thousand times if that is so.
    assert sum(covered(interval, 0.5) for interval in found) >= 178


def covered(interval, truth):
    return interval.low <= truth <= interval.high


def test_an_interval_of_means_covers_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(5)
    hits = sum(
        covered(interval_of_means([generator.normal(2, 1, 60)], one(60), seed=number), 2)
        for number in range(200)
    )
    # 95 % of 200 are 190; fewer than 178 come once in a thousand times if that is so.
    assert hits >= 178


def share_of_pairs(values):
    def statistic(rows):
        own = values[rows]
        count = len(own)
        return ((own[:, None] == own[None, :]).sum() - count) / (count * (count - 1))

    return statistic


def test_leaving_out_one_coin_after_the_other_covers_a_share_of_pairs():
    generator = np.random.default_rng(6)
    chances = np.array([0.5, 0.3, 0.2])
    hits = 0
    for _ in range(120):
        values = generator.choice(3, size=50, p=chances)
        hits += covered(jackknife(share_of_pairs(values), 50), (chances**2).sum())
    assert hits >= 103  # of 114 that are expected, as above


def test_a_mean_has_the_interval_of_the_normal_distribution_over_what_is_known():
    values = np.array([1.0, 2.0, 3.0, 4.0, np.nan])
    found = normal_interval(values)
    reach = 1.96 * np.sqrt(5 / 3) / 2
    assert (found.value, found.coins) == (2.5, 4)
    assert (found.low, found.high) == pytest.approx((2.5 - reach, 2.5 + reach))
    assert np.isnan(normal_interval(values[3:]).low)


def test_any_statistic_has_an_interval():
    values = np.random.default_rng(0).normal(0, 1, 100)
    found = interval_of(lambda rows: float(np.median(values[rows])), 100)
    assert isinstance(found, Estimate)
    assert found.low < found.value < found.high


def test_coins_stay_in_their_collection():
    collection = np.array([0, 1, 0, 1, 1, 0])
    order = shuffled_within(collection, np.random.default_rng(0))
    np.testing.assert_array_equal(collection[order], collection)
    assert sorted(order) == list(range(6))
