import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

from coin_xai.clustering.kmeans import cluster, mean_agreement
from coin_xai.clustering.partition import Clustering
from coin_xai.common.random_streams import integer, stream
from coin_xai.deepcluster import partitioning as module
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import figures_of, partition, partition_once


def clustering(cluster, k):
    cluster = np.array(cluster)
    distance = np.linspace(0, 1, len(cluster), dtype=np.float32)
    return Clustering(cluster, distance, np.zeros((k, 2), dtype=np.float32), splits=3)


@pytest.fixture(scope="module")
def points():
    drawn = np.random.default_rng(3).standard_normal((60, 4)).astype(np.float32)
    drawn[:30, 0] += 6
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_a_first_partition_is_described_by_itself_alone():
    figures = figures_of(clustering([0, 0, 0, 2], 3), None)
    assert figures["objective"] == pytest.approx(0.5)
    assert figures["clusters"] == 2
    assert figures["largest_cluster_share"] == 0.75
    assert figures["empty_clusters"] == 1
    assert figures["splits"] == 3
    assert [figures[name] for name in ("ami_to_previous", "moved_share")] == [None, None]


def test_a_later_one_is_compared_with_the_one_before_it():
    before, after = [0, 0, 1, 1, 2, 2, 2, 0], [0, 0, 1, 1, 1, 2, 2, 2]
    figures = figures_of(clustering(after, 3), np.array(before))
    assert figures["ami_to_previous"] == pytest.approx(adjusted_mutual_info_score(before, after))
    assert figures["ari_to_previous"] == pytest.approx(adjusted_rand_score(before, after))
    geometric = normalized_mutual_info_score(before, after, average_method="geometric")
    assert figures["nmi_to_previous"] == pytest.approx(geometric)
    assert figures["moved_share"] == pytest.approx(2 / 8)


def test_every_epoch_starts_k_means_from_another_seed_and_the_same_epoch_from_the_same(points):
    options = TrainingOptions(k=2)
    (first, seeds), (again, same), (_, other) = (
        partition(points, options, epoch=epoch, gpu=False) for epoch in (0, 0, 1)
    )
    np.testing.assert_array_equal(first.cluster, again.cluster)
    assert seeds == same
    assert seeds["kmeans_seed"] != other["kmeans_seed"]
    assert seeds["seed_stability_ami"] == pytest.approx(1)


def test_power_iteration_has_no_seed(points):
    _, seeds = partition(points, TrainingOptions(clustering="pic"), epoch=0, gpu=False)
    assert seeds == {"kmeans_seed": None, "seed_stability_ami": None}


def test_how_sure_a_coin_is_follows_from_three_more_seeds(points):
    options = TrainingOptions(k=9, kmeans_restarts=1, kmeans_iterations=3)
    clustering, figures = partition(points, options, epoch=4, gpu=False)
    draw = stream(options.seed, "k-means", 4)
    first, *others = (
        cluster(points, 9, seed=integer(draw), restarts=1, iterations=3).cluster for _ in range(4)
    )
    np.testing.assert_array_equal(clustering.cluster, first)
    assert figures["seed_stability_ami"] == pytest.approx(mean_agreement(others))
    assert set((3 * clustering.stability).round(4)) == {0, 1, 2, 3}


def test_given_clusters_have_no_objective():
    given = Clustering(np.array([0, 1]), np.full(2, np.nan, np.float32), np.empty((2, 0), np.float32))
    assert figures_of(given, None)["objective"] is None


def test_many_seeds_agree_more_from_run_to_run_than_few(monkeypatch):
    # Along a line k-means makes its cuts where its seed falls.
    line = np.random.default_rng(4).uniform(size=(300, 1)).astype(np.float32)

    def alike(seeds):
        monkeypatch.setattr(module, "CONSENSUS_SEEDS", seeds)
        options = [TrainingOptions(k=12, seed=seed, kmeans_restarts=1) for seed in range(6)]
        return mean_agreement([partition_once(line, one, gpu=False)[0].cluster for one in options])

    assert alike(20) > alike(4) + 0.02


def test_the_distances_of_a_consensus_are_those_to_its_own_means(points):
    clustering, _ = partition_once(points, TrainingOptions(k=9, kmeans_restarts=1), gpu=False)
    assert clustering.stability.min() < 1
    for one in clustering.class_to_cluster:
        members = points[clustering.cluster == one]
        np.testing.assert_allclose(clustering.centroids[one], members.mean(axis=0), rtol=1e-4, atol=1e-6)
        expected = ((members - members.mean(axis=0)) ** 2).sum(axis=1)
        np.testing.assert_allclose(
            clustering.distance[clustering.cluster == one], expected, rtol=1e-3, atol=1e-6
        )


def test_of_many_coins_twice_as_many_seeds_vote_that_start_once(points, monkeypatch):
    asked = []

    def counted(*arguments, restarts, **options):
        asked.append(restarts)
        return cluster(*arguments, restarts=restarts, **options)

    monkeypatch.setattr(module, "cluster", counted)
    few, _ = partition_once(points, TrainingOptions(k=2, kmeans_restarts=3), gpu=False)
    monkeypatch.setattr(module, "MOST_RESTARTED", len(points) - 1)
    many, _ = partition_once(points, TrainingOptions(k=2, kmeans_restarts=3), gpu=False)
    assert asked == [3] * module.CONSENSUS_SEEDS + [1] * 2 * module.CONSENSUS_SEEDS
    assert adjusted_rand_score(few.cluster, many.cluster) == 1  # two groups that nobody can miss
