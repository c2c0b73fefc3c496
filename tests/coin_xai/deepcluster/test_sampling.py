import numpy as np
import pytest

from coin_xai.deepcluster.sampling import sample_as_published, sample_uniformly_over_clusters

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


def test_as_published_nearly_follows_the_sizes(cluster):
    # Shares measured with the published sampler and data set on one order of 1864 photographs, 50 epochs;
    # another order gives somewhat other shares.
    measured = [0.465, 0.301, 0.101, 0.068, 0.023, 0.014, 0.011, 0.003, 0.010, 0.004]
    draws = [sample_as_published(cluster, 1864, generator=np.random.default_rng(seed)) for seed in range(50)]
    shares = np.mean([np.bincount(cluster[drawn], minlength=10) / 1864 for drawn in draws], axis=0)
    np.testing.assert_allclose(shares[:4], measured[:4], atol=0.08)
    assert shares[0] > 0.4 > 0.1 > shares[3:].max()


def test_as_published_looks_positions_up_in_cluster_order():
    # Clusters 0 and 1 lie interleaved, so position 1 of the cluster order is photograph 2.
    cluster = np.array([0, 1, 0, 1])
    drawn = sample_as_published(cluster, 400, generator=np.random.default_rng(0))
    intended = sample_uniformly_over_clusters(cluster, 400, generator=np.random.default_rng(0))
    np.testing.assert_array_equal(drawn, np.array([0, 2, 1, 3])[intended])
