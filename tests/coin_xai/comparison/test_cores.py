from collections import defaultdict

import numpy as np
import pytest
from scipy.stats import contingency, poisson

from coin_xai.comparison.cores import ALONE, SHUFFLES, _cells, _surprise, cores


def dealt(rng, *, coins=200, ks=(6, 8, 12)):
    """Return partitions that have nothing to do with each other."""
    return [10 * rng.integers(k, size=coins) for k in ks]


def test_cores_are_the_coins_whose_clusters_are_the_same_everywhere():
    rng = np.random.default_rng(1)
    partitions = dealt(rng, coins=60, ks=(3, 4))
    found = cores(partitions, rng)
    together = defaultdict(set)
    for coin, place in enumerate(zip(*partitions, strict=True)):
        together[place].add(coin)
    expected = {frozenset(some) for some in together.values() if len(some) > 1}
    numbers = found.table["core"]
    assert {frozenset(np.flatnonzero(found.core == one).tolist()) for one in numbers} == expected
    assert set(np.flatnonzero(found.core == ALONE)) == {
        coin for some in together.values() if len(some) == 1 for coin in some
    }
    assert found.share == pytest.approx(sum(map(len, expected)) / 60)
    sizes = found.table["coins"].tolist()
    assert sizes == sorted(sizes, reverse=True) == [(found.core == one).sum() for one in numbers]


def test_what_is_expected_of_two_partitions_is_what_scipy_expects_of_their_table():
    rng = np.random.default_rng(2)
    first, second = dealt(rng, ks=(3, 4))
    found = cores([first, second], rng)
    table = contingency.expected_freq(contingency.crosstab(first, second).count)
    for row in found.table.to_dict("records"):
        coin = np.flatnonzero(found.core == row["core"])[0]
        place = (
            np.searchsorted(np.unique(first), first[coin]),
            np.searchsorted(np.unique(second), second[coin]),
        )
        assert row["expected"] == pytest.approx(table[place])


def test_chance_gives_no_core_that_counts_though_it_gives_many_cores():
    """By the limit one draw in a hundred may hold one; of twenty, three or more happen once in a thousand."""
    rng = np.random.default_rng(3)
    found = [cores(dealt(rng, ks=(6, 8)), rng) for _ in range(20)]
    assert sum(one.table["beyond_chance"].any() for one in found) < 3
    assert min(one.share for one in found) > 0.8
    shares = [one.share - one.share_by_chance for one in found]
    assert abs(np.mean(shares)) < 0.01
    assert {one.share_beyond_chance for one in found if not one.table["beyond_chance"].any()} == {0}


def test_what_is_planted_counts_and_the_rest_does_not():
    rng = np.random.default_rng(4)
    partitions = dealt(rng, ks=(10, 10, 10))
    for one in partitions:
        one[:15] = 40
    found = cores(partitions, rng)
    assert (found.core[:15] == 0).all()
    assert found.table["beyond_chance"].tolist() == [True] + [False] * (len(found.table) - 1)
    assert found.table["coins"][0] >= 15
    assert found.share_beyond_chance == found.table["coins"][0] / 200
    assert found.largest_by_chance < 15


def test_two_coins_that_stay_alone_together_among_many_clusters_count():
    """A small core is found, too: what counts is how rare it is, not how large."""
    rng = np.random.default_rng(5)
    partitions = [rng.permutation(np.repeat(np.arange(5), 40)) for _ in range(4)]
    for one in partitions:
        one[:3] = 9
    found = cores(partitions, rng)
    row = found.table[found.table["core"] == found.core[0]]
    assert row["beyond_chance"].item()
    assert row["coins"].item() == 3


def test_the_same_partition_twice_has_all_its_clusters_as_cores():
    rng = np.random.default_rng(6)
    one = np.repeat([3, 1, 2], [10, 20, 30])
    found = cores([one, one], rng)
    assert found.table["coins"].tolist() == [30, 20, 10]
    assert found.table["beyond_chance"].all()
    assert found.share == found.share_beyond_chance == 1


def test_chance_is_asked_often_enough_and_changes_with_the_generator_alone():
    partitions = dealt(np.random.default_rng(7))
    first, again, other = (cores(partitions, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert SHUFFLES == 99
    assert first.share_by_chance == again.share_by_chance
    assert first.share_by_chance != other.share_by_chance
    np.testing.assert_array_equal(first.core, other.core)


def test_a_core_surprises_by_the_chance_of_as_many_coins_or_more():
    found = _surprise(np.array([1, 2, 5]), np.array([0.01, 0.5, 2.0]))
    chances = [1, 1 - poisson.pmf([0, 1], 0.5).sum(), 1 - poisson.pmf(range(5), 2.0).sum()]
    np.testing.assert_allclose(found, -np.log(chances))


def test_cells_of_many_partitions_of_many_clusters_are_told_apart():
    rng = np.random.default_rng(8)
    partitions = [np.unique(rng.integers(10_000, size=500), return_inverse=True)[1] for _ in range(30)]
    partitions = [np.append(one, one[:1]) for one in partitions]
    cell, size, _ = _cells(partitions)
    assert cell[-1] == cell[0] == 0
    assert size[0] == 2
    assert len(size) == 500
