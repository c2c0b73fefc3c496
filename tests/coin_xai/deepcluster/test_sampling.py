import numpy as np
import pytest

from coin_xai.deepcluster.sampling import sample_uniformly_over_clusters

SIZES = [900, 500, 200, 120, 60, 30, 20, 15, 10, 9]


def sample(cluster, n_samples, seed=0):
    return sample_uniformly_over_clusters(cluster, n_samples, generator=np.random.default_rng(seed))


@pytest.fixture
def cluster():
    generator = np.random.default_rng(5)
    return generator.permutation(np.repeat(np.arange(10), SIZES))


def test_every_cluster_gets_the_same_share(cluster):
    shares = np.mean(
        [np.bincount(cluster[sample(cluster, 1864, seed)], minlength=10) / 1864 for seed in range(20)], axis=0
    )
    np.testing.assert_allclose(shares, 0.1, atol=0.002)


def test_a_large_cluster_is_drawn_without_replacement(cluster):
    drawn = sample(cluster, 1864)
    of_the_largest = drawn[cluster[drawn] == 0]
    assert len(np.unique(of_the_largest)) == len(of_the_largest)


def test_empty_clusters_take_no_share():
    cluster = np.array([0, 0, 3, 3, 3, 7])
    drawn = sample(cluster, 600)
    assert len(drawn) == 600
    np.testing.assert_allclose(np.bincount(cluster[drawn], minlength=8)[[0, 3, 7]], 200, atol=1)


def test_order_is_shuffled(cluster):
    drawn = cluster[sample(cluster, 1864)]
    assert (np.diff(drawn) == 0).mean() < 0.2  # sorted by cluster it would be 0.995
