from itertools import pairwise, permutations

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score

from coin_xai.comparison.pairs import agreements, like_beside_like, one_for_each_k


def moved(truth, share, rng):
    """Return a partition that has put a share of the coins anywhere."""
    return np.where(rng.random(len(truth)) < share, rng.integers(6, size=len(truth)), truth)


@pytest.fixture
def drawn():
    """Two kinds of partitions, taken by turns, and one that has to do with neither."""
    rng = np.random.default_rng(3)
    first, second = rng.integers(6, size=(2, 400))
    kinds = [moved(one, share, rng) for share in (0.1, 0.2) for one in (first, second)]
    return [*kinds, rng.integers(6, size=400)]


def test_every_pair_agrees_as_scikit_learn_says(drawn):
    found = agreements(drawn)
    expected = [[adjusted_mutual_info_score(one, other) for other in drawn] for one in drawn]
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert abs(found[4, :4]).max() < 0.05


def test_like_stands_beside_like(drawn):
    ami = agreements(drawn)
    order = like_beside_like(ami)
    assert sorted(order) == [0, 1, 2, 3, 4]
    kinds = [position % 2 if position < 4 else 2 for position in order]
    assert sum(one != other for one, other in pairwise(kinds)) == 2


def test_of_equal_trees_the_order_agrees_best():
    """Of five points on a line, of whom every order of the tree that keeps the line is known to be best."""
    places = np.array([0.0, 0.45, 0.1, 0.4, 0.05])
    ami = 1 - abs(places[:, None] - places[None])
    order = like_beside_like(ami)

    def length(some):
        return sum(abs(places[one] - places[other]) for one, other in pairwise(some))

    assert length(order) == pytest.approx(min(length(some) for some in permutations(range(5))))


def test_two_partitions_that_are_the_same_have_an_order():
    same = np.array([0, 0, 1, 1, 2])
    assert sorted(like_beside_like(agreements([same, same]))) == [0, 1]


def test_of_each_k_the_partition_is_taken_that_agrees_best_with_its_like():
    ami = np.array(
        [
            [1.0, 0.2, 0.9, 0.1],
            [0.2, 1.0, 0.8, 0.9],
            [0.9, 0.8, 1.0, 0.1],
            [0.1, 0.9, 0.1, 1.0],
        ]
    )
    assert one_for_each_k([9, 9, 9, 4], ami) == [3, 2]
