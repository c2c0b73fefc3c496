import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from coin_xai.evidence.cluster_overlap import cluster_overlap


def test_other_numbers_of_the_same_clusters_change_nothing():
    now = np.array([0, 0, 1, 1, 2])
    assert cluster_overlap(np.array([7, 7, 3, 3, 0]), now).tolist() == [1, 1, 1, 1, 1]


def test_the_share_is_that_of_an_independent_implementation():
    generator = np.random.default_rng(0)
    before, now = generator.integers(0, 4, 50), generator.integers(0, 5, 50)
    expected = [jaccard_score(before == before[coin], now == now[coin]) for coin in range(50)]
    assert cluster_overlap(before, now) == pytest.approx(expected)


def test_no_coins_have_no_company():
    assert len(cluster_overlap(np.zeros(0, int), np.zeros(0, int))) == 0
