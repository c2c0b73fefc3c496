import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from coin_xai.deepcluster.head import fit_head
from coin_xai.evidence import recognition
from coin_xai.evidence.recognition import (
    FOLDS,
    PENALTY,
    HeadInputs,
    folds_of,
    held_out,
    held_out_logits,
    majority,
    rotated,
    shuffled,
)

TO_THE_END = 3000
"""Iterations after which nothing moves any more in float64."""


def coins(count, dimensions, classes, *, signal=1.0, seed=0):
    """Return rectified features and classes of coins whose classes can be told apart."""
    generator = np.random.default_rng(seed)
    cluster = generator.permutation(np.arange(count) % classes)
    centres = signal * generator.normal(size=(classes, dimensions))
    return np.maximum(centres[cluster] + generator.normal(size=(count, dimensions)), 0), cluster


@pytest.mark.parametrize("sizes", [[40, 23, 5], [3, 2, 1, 1], [1], [2] * 30, [17]])
def test_every_cluster_and_all_coins_are_spread_as_evenly_as_can_be(sizes):
    cluster = np.repeat(np.arange(len(sizes)) * 3, sizes)
    fold = folds_of(cluster, seed=4)
    for one in (*(fold[cluster == number] for number in np.unique(cluster)), fold):
        counts = np.bincount(one, minlength=FOLDS)
        assert counts.max() - counts.min() <= 1
    assert (fold == folds_of(cluster, seed=4)).all()


def test_another_seed_holds_other_coins_out():
    cluster = np.repeat([0, 1], 40)
    assert (folds_of(cluster, seed=1) != folds_of(cluster, seed=2)).any()


def test_no_head_sees_the_coins_that_it_is_asked_for():
    """A head of many features reproduces any clusters of its own coins, and knows nothing of others."""
    generator = np.random.default_rng(3)
    features = np.maximum(generator.normal(size=(300, 800)), 0).astype(np.float32)
    cluster = np.arange(300) % 6
    assert fit_head(features, cluster).fit == 1
    found = held_out(rotated(features.copy()), cluster, folds_of(cluster, seed=0))
    # Five standard errors around a sixth.
    assert (found == cluster).mean() == pytest.approx(1 / 6, abs=5 * np.sqrt(1 / 6 * 5 / 6 / 300))


@pytest.mark.parametrize("dimensions", [20, 200])
def test_what_a_held_out_coin_is_called_changes_nothing_about_its_fold(dimensions):
    features, cluster = coins(60, dimensions, 3)
    fold = folds_of(cluster, seed=0)
    other = cluster.copy()
    own = np.flatnonzero(fold == 2)
    other[own] = (cluster[own] + 1) % 3
    before, after = (held_out_logits(rotated(features.copy()), one, fold) for one in (cluster, other))
    np.testing.assert_array_equal(before[own], after[own])


@pytest.mark.parametrize("dimensions", [12, 150])
def test_equals_the_penalised_logistic_regression_of_scikit_learn(dimensions):
    features, cluster = coins(90, dimensions, 4)
    fold = folds_of(cluster, seed=1)
    logits = held_out_logits(rotated(features.copy()), cluster, fold, iterations=TO_THE_END)
    assert logits.dtype == np.float64
    for one in range(FOLDS):
        seen, unseen = fold != one, fold == one
        mean = features[seen].mean(axis=0)
        scale = np.sqrt(((features[seen] - mean) ** 2).mean())
        reference = LogisticRegression(C=1 / (PENALTY * seen.sum()), tol=1e-10, max_iter=20000)
        reference.fit((features[seen] - mean) / scale, cluster[seen])
        expected = reference.predict_proba((features[unseen] - mean) / scale)
        np.testing.assert_allclose(softmax(logits[unseen], axis=1), expected, atol=2e-4)


def test_a_rotation_into_as_many_dimensions_as_coins_changes_no_answer():
    features, cluster = coins(70, 400, 5, signal=0.3)
    fold = folds_of(cluster, seed=2)
    turned = rotated(features.copy())
    assert turned.values.shape == (70, 70)
    assert turned.width == 400
    np.testing.assert_allclose(turned.values @ turned.values.T, features @ features.T, rtol=1e-10)
    ways = [
        held_out_logits(inputs, cluster, fold, iterations=TO_THE_END)
        for inputs in (turned, HeadInputs(features, 400))
    ]
    # L-BFGS ends where a step changes the loss by less than 1e-9, and the loss is flat there.
    np.testing.assert_allclose(softmax(ways[0], axis=1), softmax(ways[1], axis=1), atol=5e-4)
    assert (ways[0].argmax(axis=1) == ways[1].argmax(axis=1)).all()


def test_inputs_too_large_to_be_kept_give_the_same_answers(monkeypatch):
    features, cluster = coins(60, 20, 3)
    fold = folds_of(cluster, seed=0)
    kept = held_out_logits(rotated(features), cluster, fold, iterations=TO_THE_END)
    monkeypatch.setattr(recognition, "SMALL_BYTES", 0)
    in_blocks = held_out_logits(rotated(features), cluster, fold, iterations=TO_THE_END)
    np.testing.assert_allclose(softmax(kept, axis=1), softmax(in_blocks, axis=1), atol=5e-4)


def test_coins_that_can_be_told_apart_are_recognised_and_shuffled_ones_are_not():
    features, cluster = coins(200, 300, 4, signal=0.5)
    fold = folds_of(cluster, seed=0)
    inputs = rotated(features.astype(np.float32))
    assert (held_out(inputs, cluster, fold) == cluster).mean() > 0.95
    dealt = shuffled(cluster, fold, seed=0)
    assert (held_out(inputs, dealt, fold) == dealt).mean() < 0.45


def test_each_fold_that_is_done_is_told():
    features, cluster = coins(33, 40, 3)
    done = []
    held_out(rotated(features), cluster, folds_of(cluster, seed=0), advance=done.append)
    assert (len(done), sum(done)) == (FOLDS, 33)
    held_out(rotated(np.ones((1, 9))), np.array([4]), np.array([0]), advance=done.append)
    assert sum(done) == 34


def test_clusters_are_dealt_out_within_their_fold():
    cluster = np.repeat([2, 5, 9], [30, 20, 7])
    fold = folds_of(cluster, seed=0)
    dealt = shuffled(cluster, fold, seed=0)
    assert (dealt != cluster).any()
    for one in range(FOLDS):
        assert sorted(dealt[fold == one]) == sorted(cluster[fold == one])


def test_clusters_too_small_for_the_folds_can_be_asked_for():
    features, _ = coins(13, 40, 2)
    cluster = np.array([8] * 6 + [3] * 4 + [11] * 2 + [20])
    fold = folds_of(cluster, seed=0)
    found = held_out(rotated(features), cluster, fold)
    assert set(found) <= set(cluster)
    assert found[-1] != 20, "nothing is left of a cluster of one coin once that is held out"


def test_one_coin_leaves_nothing_to_learn_from():
    assert held_out(rotated(np.ones((1, 9))), np.array([4]), np.array([0])).tolist() == [-1]


def test_one_cluster_is_taken_for_that():
    features, _ = coins(8, 20, 2)
    cluster = np.full(8, 4)
    assert held_out(rotated(features), cluster, folds_of(cluster, seed=0)).tolist() == [4] * 8


def test_the_threads_of_others_stay_as_they_were():
    features, cluster = coins(20, 40, 2)
    before = torch.get_num_threads()
    held_out(rotated(features), cluster, folds_of(cluster, seed=0))
    assert torch.get_num_threads() == before


def test_most_neighbours_decide_and_the_nearest_of_as_many():
    cluster = np.array([7, 7, 3, 3, 5])
    neighbours = np.array([[2, 1, 3], [2, 0, 4], [-1, -1, -1], [4, -1, -1], [0, 1, 2]])
    assert majority(neighbours, cluster).tolist() == [3, 3, -1, 5, 7]
    assert majority(neighbours[:2], cluster).tolist() == [3, 3]  # coins that are none of those
