import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, normalized_mutual_info_score

from coin_xai.deepcluster.epoch import figures_of, partition
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partition import Clustering


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
