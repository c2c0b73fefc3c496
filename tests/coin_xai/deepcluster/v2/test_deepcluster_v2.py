import logging

import numpy as np
import pytest
import torch

from coin_xai.clustering.agreement import agreement
from coin_xai.deepcluster.fixed_clusters import given_clusters
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.trainers import algorithm_of, trainer_of
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.deepcluster.v2.deepcluster_v2 import DeepClusterV2
from coin_xai.errors import OptionError
from coin_xai.networks import normalise

CPU = torch.device("cpu")
SMALL = {
    "k": 3,
    "network": "alexnet",
    "width": 1 / 16,
    "batch_size": 5,
    "trainer": "deepcluster-v2",
    "start_epochs": 1,
}


def trainer(pixels, **options):
    return trainer_of(pixels, TrainingOptions(**{**SMALL, **options}), device=CPU)


def weights(trained):
    return {name: tensor.clone() for name, tensor in trained.embedder.state_dict().items()}


def assert_equal(first, second):
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("options", [{}, {"clustering": "kmeans"}, {"small_crops": 1, "start_epochs": 2}])
def test_restored_after_any_epoch_equals_never_stopped(pixels, options):
    straight = trainer(pixels, **options)
    epochs = [straight.run_epoch() for _ in range(3)]
    stopped = trainer(pixels, **options)
    for epoch in epochs:
        continued = trainer(pixels, **options)
        continued.restore(stopped.state())
        found = continued.run_epoch()
        np.testing.assert_array_equal(found.clustering.cluster, epoch.clustering.cluster)
        assert found.metrics["loss"] == epoch.metrics["loss"]
        stopped = continued
    assert_equal(weights(straight), weights(stopped))
    assert torch.equal(straight.bank, stopped.bank)


@pytest.mark.parametrize("clustering", ["kmeans", "matching"])
def test_a_finish_on_the_way_changes_nothing_that_follows(pixels, clustering):
    straight, paused = trainer(pixels, clustering=clustering), trainer(pixels, clustering=clustering)
    straight.run_epoch()
    paused.run_epoch()
    paused.finish()
    for one in (straight, paused):
        one.run_epoch()
        one.finish()
    assert_equal(weights(straight), weights(paused))


def test_a_start_learns_what_was_found_beforehand_and_then_the_bank_takes_over(pixels):
    started = trainer(pixels, clustering="matching", start_epochs=2)
    first, second = started.run_epoch(), started.run_epoch()
    expected = trainer(pixels).fixed_clusters.cluster()[0].cluster
    for epoch in (first, second):
        np.testing.assert_array_equal(epoch.clustering.cluster, expected)
    before = started.bank[0].clone()
    third = started.run_epoch()
    nearest = (before @ torch.from_numpy(third.clustering.centroids).T).argmax(dim=1)
    np.testing.assert_array_equal(third.clustering.cluster, nearest)
    assert third.metrics["seconds_features"] is None


def test_each_head_of_a_start_has_clusters_of_its_own_number(pixels):
    heads, clustering, _ = trainer(pixels)._heads()
    assert [len(np.unique(head.cluster)) for head in heads] == [3, 6]
    np.testing.assert_array_equal(clustering.cluster, heads[0].cluster)


def test_given_clusters_are_learnt_in_one_number_alone(pixels):
    started = trainer(pixels, clustering="given")
    started.fixed_clusters.take_clusters(given_clusters(np.arange(12) % 3))
    heads, _, _ = started._heads()
    assert [head.cluster.tolist() for head in heads] == [(np.arange(12) % 3).tolist()]
    np.testing.assert_array_equal(started.run_epoch().clustering.cluster, np.arange(12) % 3)


@pytest.mark.parametrize(
    ("options", "times"), [({}, (1, 1)), ({"clustering": "kmeans"}, (2, 1)), ({"passes": 2}, (2, 2))]
)
def test_a_cold_start_looks_at_every_photograph_once_more_and_no_later_epoch_does(pixels, options, times):
    trained = trainer(pixels, **options)
    for expected in times:
        seen = []
        assert trained.photographs_per_epoch == expected * len(pixels)
        trained.run_epoch(advance=seen.append)
        assert sum(seen) == expected * len(pixels)


@pytest.mark.parametrize("network", ["alexnet", "resnet18"])
def test_the_finished_head_gives_every_coin_its_nearest_centroid(pixels, network):
    trained = trainer(pixels, network=network, width=1 / 16 if network == "alexnet" else 1 / 4)
    trained.run_epoch()
    outcome = trained.finish()
    assert outcome.head.fit == outcome.last.metrics["head_fit"] == 1
    squares = trained.shown.centre_squares(np.arange(12), size_px=224)
    with torch.inference_mode():
        shown = normalise(torch.from_numpy(squares))
        logits = trained.network.eval()(shown)
        embeddings = trained.embedder.eval().projection(
            trained.network.rectifier(trained.network.penultimate(shown))
        )
    cosines = embeddings.numpy() @ outcome.clustering.centroids.T
    np.testing.assert_array_equal(cosines.argmax(axis=1), outcome.clustering.cluster)
    np.testing.assert_array_equal(logits.argmax(dim=1), outcome.clustering.class_index)
    np.testing.assert_allclose(outcome.head.logits, logits, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(outcome.whitening.apply(trained.features()), embeddings, atol=1e-4)
    np.testing.assert_allclose(outcome.clustering.distance, 2 - 2 * cosines.max(axis=1), atol=1e-4)


def test_figures_of_an_epoch_are_those_of_its_partitions(pixels):
    trained = trainer(pixels, clustering="kmeans")
    first, second = trained.run_epoch(), trained.run_epoch()
    assert first.metrics["ami_to_previous"] is None
    expected = agreement(first.clustering.cluster, second.clustering.cluster)
    assert second.metrics["ami_to_previous"] == pytest.approx(expected.ami)
    assert second.metrics["loss_of_chance"] == pytest.approx((np.log(3) + np.log(6)) / 2)
    assert second.metrics["largest_cluster_share"] == second.clustering.sizes.max() / 12
    last = trained.finish().last
    assert (first.number, second.number, last.number) == (0, 1, 2)
    assert last.metrics["ami_to_previous"] is not None


def test_neither_trainer_takes_the_state_of_the_other(pixels):
    first, second = trainer(pixels, trainer="deepcluster"), trainer(pixels)
    assert (type(first), type(second)) == (DeepCluster, DeepClusterV2)
    assert algorithm_of(first.options) != algorithm_of(second.options)
    with pytest.raises(OptionError, match="made by the trainer deepcluster-v2, and cannot be continued by"):
        first.restore(second.state())
    with pytest.raises(OptionError, match="give --trainer deepcluster, or begin another run"):
        second.restore(first.state())
    for one in (first, second):
        with pytest.raises(OptionError, match="comes from another program"):
            one.restore({"epochs_done": 7, "network": one.network.state_dict()})


def test_small_crops_that_are_enlarged_are_told(pixels, caplog):
    caplog.set_level(logging.INFO)
    trainer(pixels, small_crops=1, network="resnet18", width=1 / 4)
    assert not caplog.records
    trainer(pixels, small_crops=1)
    assert "the linear layers of alexnet want photographs of one size" in caplog.text


def test_what_learns_nothing_is_that_of_the_first_trainer(pixels):
    for name in ("baseline", "untrained"):
        one, other = (
            getattr(trainer(pixels, trainer=each), name)() for each in ("deepcluster", "deepcluster-v2")
        )
        np.testing.assert_array_equal(one.cluster, other.cluster)


def test_points_are_embeddings_once_there_are_any(pixels):
    trained = trainer(pixels)
    trained.run_epoch()
    np.testing.assert_array_equal(trained.points(), trained.finish().whitening.apply(trained.features()))
