import numpy as np
import pytest
import torch
from sklearn.metrics import adjusted_mutual_info_score
from sklearn.neighbors import NearestNeighbors

from coin_xai.deepcluster.fixed_clusters import FixedClusters, given_clusters
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.errors import OptionError
from coin_xai.matching.aligned import Aligned

CPU = torch.device("cpu")
SMALL = {"k": 3, "width": 1 / 16, "batch_size": 5}
GIVEN = np.array([0, 0, 0, 0, 2, 2, 2, 2, 1, 1, 1, 1])


@pytest.fixture
def vectors():
    """Twelve vectors in three directions, each of another length."""
    rng = np.random.default_rng(2)
    around = rng.normal(size=(3, 20))[GIVEN] + 0.1 * rng.normal(size=(12, 20))
    return (around * rng.uniform(0.01, 100, size=(12, 1))).astype(np.float32)


def beforehand(pixels, **options):
    return FixedClusters(pixels, TrainingOptions(**{**SMALL, **options}), device=CPU)


def trainer(pixels, **options):
    return DeepCluster(pixels, TrainingOptions(**{**SMALL, **options}), device=CPU)


def test_neighbours_of_vectors_are_those_of_scikit_learn(pixels):
    vectors = np.random.default_rng(3).normal(size=(200, 8)).astype(np.float32)
    found = beforehand(pixels, clustering="features")
    found.take_vectors(vectors)
    expected = (
        NearestNeighbors(n_neighbors=11, metric="cosine").fit(vectors).kneighbors(return_distance=False)
    )
    np.testing.assert_array_equal(found.neighbours, expected[:, :10])


def test_vectors_are_clustered_by_their_direction_and_no_photograph_is_looked_at(vectors):
    found = beforehand(None, clustering="features")
    found.take_vectors(vectors)
    assert not found.pending
    clustering, about_seeds = found.cluster()
    assert adjusted_mutual_info_score(GIVEN, clustering.cluster) == pytest.approx(1)
    assert about_seeds["seed_stability_ami"] == pytest.approx(1)
    assert (clustering.stability == 1).all()
    assert len(found.cluster(2)[0].centroids) == 2
    assert found.points(2).shape == (12, 2)


def test_given_clusters_are_learnt_to_the_end_with_their_names(pixels):
    trained = trainer(pixels, clustering="given")
    trained.fixed_clusters.take_clusters(
        given_clusters(GIVEN, names=("a", "b", "c"), stability=np.full(12, 0.5))
    )
    assert trained.photographs_per_epoch == 12
    epochs = [trained.run_epoch(), trained.run_epoch()]
    for one in (*epochs, trained.finish().last):
        np.testing.assert_array_equal(one.clustering.cluster, GIVEN)
        assert one.metrics["objective"] is None
    outcome = trained.finish()
    np.testing.assert_array_equal(outcome.clustering.cluster, GIVEN)
    assert outcome.clustering.names == ("a", "b", "c")
    assert (outcome.clustering.stability == 0.5).all()
    assert np.isfinite(outcome.clustering.distance).all()


@pytest.mark.parametrize("what", ["vectors", "clusters"])
def test_with_k_means_they_are_only_the_start(pixels, vectors, what):
    trained = trainer(pixels, clustering="kmeans")
    if what == "vectors":
        trained.fixed_clusters.take_vectors(vectors)
    else:
        trained.fixed_clusters.take_clusters(given_clusters(GIVEN))
    assert trained.photographs_per_epoch == 12
    first = trained.run_epoch()
    assert adjusted_mutual_info_score(GIVEN, first.clustering.cluster) == pytest.approx(1)
    assert first.metrics["dimensions"] is None
    assert trained.photographs_per_epoch == 24
    second = trained.run_epoch()
    assert second.metrics["dimensions"] is not None
    assert adjusted_mutual_info_score(GIVEN, second.clustering.cluster) < 1


@pytest.mark.parametrize("clustering", ["features", "given", "kmeans"])
def test_a_continuation_needs_neither_vectors_nor_clusters_again(pixels, vectors, clustering):
    def begin():
        begun = trainer(pixels, clustering=clustering)
        if clustering == "given":
            begun.fixed_clusters.take_clusters(given_clusters(GIVEN, names=["a", "b", "c"]))
        else:
            begun.fixed_clusters.take_vectors(vectors)
        return begun

    straight, stopped = begin(), begin()
    for _ in range(2):
        expected = straight.run_epoch()
        continued = trainer(pixels, clustering=clustering)
        continued.restore(stopped.state())
        found = continued.run_epoch()
        np.testing.assert_array_equal(found.clustering.cluster, expected.clustering.cluster)
        assert found.clustering.names == expected.clustering.names
        stopped = continued
    for name, tensor in straight.network.state_dict().items():
        assert torch.equal(tensor, stopped.network.state_dict()[name])


def test_another_number_of_clusters_than_the_options_have_is_refused(pixels):
    with pytest.raises(OptionError, match="3 clusters are given and k is 4"):
        beforehand(pixels, clustering="given", k=4).take_clusters(given_clusters(GIVEN))
    given = beforehand(pixels, clustering="given")
    given.take_clusters(given_clusters(GIVEN))
    with pytest.raises(OptionError, match="the clusters are given"):
        given.points(2)


def test_coins_are_cut_out_where_they_were_described(pixels):
    """Up to a tone: products of matrices may be rounded otherwise, if they have more rows."""
    clusters = beforehand(pixels, clustering="matching", description="edges", orientation="upright")
    clusters.find()
    expected = Aligned(pixels, clusters.frames).cut_outs(range(12)).astype(int)
    assert np.abs(clusters.aligned.cut_outs(range(12)) - expected).max() <= 1
    clusters.let_go()
    assert np.abs(clusters.aligned.cut_outs(range(12)) - expected).max() <= 1
