from collections import Counter

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import confusion_matrix

from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.consensus import NO_CLUSTER, consensus, renamed, stability


def noisy(truth, k, share, rng):
    """Return a partition that has moved a share of the coins, and calls every cluster otherwise."""
    moved = rng.random(len(truth)) < share
    other = np.where(moved, rng.integers(k, size=len(truth)), truth)
    return rng.permutation(k)[other]


@pytest.fixture
def drawn():
    rng = np.random.default_rng(5)
    truth = rng.integers(6, size=300)
    return truth, [noisy(truth, 6, 0.3, rng) for _ in range(15)]


def test_ids_are_matched_as_scipy_matches_the_confusion_matrix(drawn):
    truth, partitions = drawn
    for one in partitions:
        table = confusion_matrix(one, truth)
        rows, columns = linear_sum_assignment(-table)
        name = dict(zip(rows, columns, strict=True))
        np.testing.assert_array_equal(renamed(one, like=truth), [name[own] for own in one])


def test_a_cluster_without_a_counterpart_bears_no_id():
    found = renamed(np.array([7, 7, 7, 3, 5, 5]), like=np.array([1, 1, 1, 1, 4, 4]))
    assert found.tolist() == [1, 1, 1, NO_CLUSTER, 4, 4]


def test_the_votes_find_what_noise_has_hidden_from_each(drawn):
    truth, partitions = drawn
    agreed = consensus(partitions, partitions[0])
    assert max(agreement(truth, one).ami for one in partitions) < 0.8
    assert agreement(truth, agreed).ami > 0.95


def test_each_coin_lies_where_most_seeds_have_it_and_its_stability_is_their_share(drawn):
    _, partitions = drawn
    agreed = consensus(partitions, partitions[0])
    sure = stability(partitions, agreed)
    votes = np.stack([renamed(one, like=agreed) for one in partitions])
    for coin, column in enumerate(votes.T):
        counted = Counter(column.tolist())
        assert counted[agreed[coin]] == max(counted.values())
        assert sure[coin] == pytest.approx(counted[agreed[coin]] / len(partitions))


def test_partitions_that_are_all_the_same_change_nothing(drawn):
    truth, _ = drawn
    rng = np.random.default_rng(1)
    same = [rng.permutation(6)[truth] for _ in range(4)]
    np.testing.assert_array_equal(consensus(same, truth), truth)
    assert (stability(same, truth) == 1).all()


def test_even_votes_leave_a_coin_where_it_is_and_no_cluster_runs_empty():
    first, second = np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1])
    np.testing.assert_array_equal(consensus([first, second], first), first)
    np.testing.assert_array_equal(consensus([first, second], second), second)
    # The coin of cluster 2 is outvoted; it stays, since nobody else is there.
    reference = np.array([0, 0, 0, 1, 1, 2])
    others = [np.array([0, 0, 0, 1, 1, 1])] * 4
    agreed = consensus([reference, *others], reference)
    assert agreed.tolist() == reference.tolist()
    assert stability([reference, *others], agreed)[5] == pytest.approx(1 / 5)
