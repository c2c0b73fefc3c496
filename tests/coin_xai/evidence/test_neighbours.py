import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

import coin_xai.evidence.neighbours
from coin_xai.evidence.neighbours import nearest


@pytest.fixture
def coins():
    generator = np.random.default_rng(3)
    return generator.standard_normal((40, 6)), generator.integers(0, 3, 40)


def test_the_nearest_are_those_of_an_independent_search(coins):
    features, cluster = coins
    same, other = nearest(features, cluster, count=4)
    for group in range(3):
        inside, outside = np.flatnonzero(cluster == group), np.flatnonzero(cluster != group)
        search = NearestNeighbors(n_neighbors=5, metric="cosine").fit(features[inside])
        distance, found = search.kneighbors(features[inside])
        assert np.array_equal(same.position[inside], inside[found[:, 1:]])  # the nearest is the coin itself
        assert same.similarity[inside] == pytest.approx(1 - distance[:, 1:])
        search = NearestNeighbors(n_neighbors=4, metric="cosine").fit(features[outside])
        distance, found = search.kneighbors(features[inside])
        assert np.array_equal(other.position[inside], outside[found])
        assert other.similarity[inside] == pytest.approx(1 - distance)


def test_blocks_do_not_change_the_result(coins, monkeypatch):
    whole = nearest(*coins, count=3)
    monkeypatch.setattr(coin_xai.evidence.neighbours, "BLOCK", 7)
    for one, other in zip(whole, nearest(*coins, count=3), strict=True):
        assert np.array_equal(one.position, other.position)


def test_a_coin_alone_in_its_cluster_has_no_companions():
    same, other = nearest(np.eye(3), np.array([0, 1, 1]), count=2)
    assert same.position[0].tolist() == [-1, -1]
    assert np.isnan(same.similarity[0]).all()
    assert same.position[1].tolist() == [2, -1]
    assert other.position[0].tolist() == [1, 2]


def test_a_single_cluster_has_no_others():
    _, other = nearest(np.eye(3), np.zeros(3, int), count=2)
    assert (other.position == -1).all()
