import faiss
import numpy as np
import pytest
from sklearn.cluster import KMeans

from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.kmeans import cluster, mean_agreement
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError

SETTINGS = {"restarts": 5, "iterations": 50}


@pytest.fixture(scope="module")
def blobs():
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(5, 8)) * 4
    truth = np.repeat(np.arange(5), 40)
    return (centres[truth] + generator.normal(size=(200, 8))).astype(np.float32), truth


def test_finds_what_scikit_learn_finds(blobs):
    points, truth = blobs
    found = cluster(points, 5, seed=1, **SETTINGS)
    reference = KMeans(5, n_init=10, random_state=0).fit(points)
    assert agreement(found.cluster, reference.labels_).ami == pytest.approx(1)
    assert agreement(found.cluster, truth).ami > 0.95
    assert found.objective == pytest.approx(reference.inertia_ / len(points), rel=1e-4)


def test_distance_is_that_to_the_own_centroid(blobs):
    points, _ = blobs
    found = cluster(points, 5, seed=1, **SETTINGS)
    expected = ((points - found.centroids[found.cluster]) ** 2).sum(axis=1)
    np.testing.assert_allclose(found.distance, expected, rtol=1e-3, atol=1e-3)


def on_the_sphere(points):
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def spherical_by_hand(points, k, generator):
    """Lloyd's iteration by cosine, from points drawn at random; the centroids and the mean cosine."""
    centroids = points[generator.choice(len(points), k, replace=False)].astype(np.float64)
    for _ in range(100):
        nearest = (points @ centroids.T).argmax(axis=1)
        for one in np.unique(nearest):
            total = points[nearest == one].sum(axis=0)
            centroids[one] = total / np.sqrt((total**2).sum())
    return centroids, (points @ centroids.T).max(axis=1).mean()


def test_by_angle_it_finds_the_best_of_many_starts_by_hand(blobs):
    points = on_the_sphere(blobs[0])
    found = cluster(points, 5, seed=1, restarts=20, iterations=50, spherical=True)
    generator = np.random.default_rng(2)
    centroids, cosine = max(
        (spherical_by_hand(points, 5, generator) for _ in range(20)), key=lambda start: start[1]
    )
    assert agreement(found.cluster, (points @ centroids.T).argmax(axis=1)).ami == pytest.approx(1)
    assert found.objective == pytest.approx(2 - 2 * cosine, rel=1e-4)
    closest = (found.centroids @ centroids.T).max(axis=1)
    np.testing.assert_allclose(closest, 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(found.centroids, axis=1), 1, atol=1e-6)


def test_by_angle_distance_is_squared_and_never_negative(blobs):
    points = on_the_sphere(blobs[0])
    found = cluster(points, 5, seed=1, spherical=True, **SETTINGS)
    expected = ((points - found.centroids[found.cluster]) ** 2).sum(axis=1)
    np.testing.assert_allclose(found.distance, expected, atol=1e-5)
    copies = cluster(np.repeat(points[:3], 4, axis=0), 3, seed=1, spherical=True, **SETTINGS)
    assert (copies.distance >= 0).all()


def test_the_same_seed_gives_the_same_partition(blobs):
    points, _ = blobs
    first, second = (cluster(points, 7, seed=4, **SETTINGS) for _ in range(2))
    np.testing.assert_array_equal(first.cluster, second.cluster)
    np.testing.assert_array_equal(first.centroids, second.centroids)


def test_more_clusters_than_coins_are_refused():
    with pytest.raises(OptionError, match="k = 9 clusters from 8 usable photographs"):
        cluster(np.eye(8, dtype=np.float32), 9, seed=0, **SETTINGS)


def test_stability_tells_groups_from_noise(blobs):
    points, _ = blobs
    noise = np.random.default_rng(1).normal(size=(200, 64)).astype(np.float32)
    hasty = {"restarts": 1, "iterations": 20}
    of_groups, of_noise = (
        mean_agreement([cluster(one, 5, seed=seed, **settings).cluster for seed in (1, 2, 3)])
        for one, settings in ((points, SETTINGS), (noise, hasty))
    )
    assert of_groups > 0.9
    assert of_noise < 0.3


def test_splits_and_empty_clusters_are_counted(blobs):
    points, _ = blobs
    assert cluster(points, 5, seed=1, **SETTINGS).splits == 0
    copies = np.repeat(points[:3], 20, axis=0)  # three places for ten clusters
    found = cluster(copies, 10, seed=1, restarts=1, iterations=20)
    assert found.splits > 0
    assert (found.sizes == 0).sum() == 7


def test_with_the_settings_of_legacy_it_is_the_clustering_of_the_published_code():
    points = np.random.default_rng(4).normal(size=(300, 16)).astype(np.float32)
    legacy = TrainingOptions(profile="legacy")
    found = cluster(points, 12, seed=77, restarts=legacy.kmeans_restarts, iterations=legacy.kmeans_iterations)
    published = faiss.Clustering(16, 12)
    published.niter = 20
    published.max_points_per_centroid = 10_000_000
    published.min_points_per_centroid = 1
    published.seed = 77
    index = faiss.IndexFlatL2(16)
    published.train(points, index)
    np.testing.assert_array_equal(found.cluster, index.search(points, 1)[1][:, 0])
