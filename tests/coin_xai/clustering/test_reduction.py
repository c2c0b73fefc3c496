import tracemalloc

import faiss
import numpy as np
import pytest
from sklearn.decomposition import PCA

from coin_xai.clustering.reduction import default_dimensions, fit_whitening
from coin_xai.errors import OptionError


def draw(n_coins, n_features):
    generator = np.random.default_rng(3)
    spread = 10.0 / (1 + np.arange(n_features))
    return (generator.normal(size=(n_coins, n_features)) * spread + 5).astype(np.float32)


@pytest.mark.parametrize(
    ("n_coins", "n_features"),
    [(60, 200), (200, 60), (2500, 60)],
    ids=["Gram", "covariance", "covariance in blocks"],
)
def test_equals_whitening_of_scikit_learn(n_coins, n_features):
    features = draw(n_coins, n_features)
    reference = PCA(n_components=8, whiten=True, svd_solver="full").fit(features.astype(np.float64))
    whitening = fit_whitening(features, 8)
    np.testing.assert_allclose(whitening.variances, reference.explained_variance_, rtol=1e-4)
    expected = reference.transform(features)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = whitening.apply(features)
    signs = np.sign((expected * found).sum(axis=0))  # a direction may point either way
    np.testing.assert_allclose(found, expected * signs, atol=2e-4)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)


def test_never_more_dimensions_than_the_data_has():
    features = draw(20, 3) @ np.random.default_rng(1).normal(size=(3, 50)).astype(np.float32)
    whitening = fit_whitening(features, 16)
    assert len(whitening.variances) == 3
    assert np.isfinite(whitening.apply(features)).all()


def test_a_coin_without_any_signal_stays_zero_instead_of_nan():
    features = draw(30, 10)
    whitening = fit_whitening(features, 4)
    assert whitening.apply(whitening.mean[None]).tolist() == [[0, 0, 0, 0]]


def test_copies_of_one_photograph_are_refused():
    with pytest.raises(OptionError, match="same features"):
        fit_whitening(np.ones((10, 5), np.float32), 4)


def test_too_few_coins_are_refused():
    with pytest.raises(OptionError, match="2 coins are too few"):
        fit_whitening(draw(2, 5), 4)


@pytest.mark.parametrize(("n_coins", "dimensions"), [(40, 2), (400, 10), (1226, 30), (5000, 32)])
def test_default_dimensions_follow_the_size_of_the_collection(n_coins, dimensions):
    assert default_dimensions(n_coins) == dimensions


def test_features_that_are_not_finite_are_refused():
    features = draw(30, 10)
    features[3, 4] = np.inf
    with pytest.raises(OptionError, match="NaN or infinite"):
        fit_whitening(features, 4)


@pytest.mark.parametrize("n_coins", [257, 700])
def test_equals_the_whitening_of_faiss_that_the_published_code_uses(n_coins):
    features = np.random.default_rng(2).normal(size=(n_coins, 400)).astype(np.float32)
    matrix = faiss.PCAMatrix(400, 64, -0.5)
    matrix.train(features)
    expected = matrix.apply(features)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = fit_whitening(features, 64).apply(features)
    signs = np.sign((expected * found).sum(axis=0))
    np.testing.assert_allclose(found, expected * signs, atol=2e-3)


def test_as_many_coins_as_components_keep_no_direction_of_rounding_errors():
    # Centred, 64 coins have 63 directions; faiss keeps a 64th, of NaN or of rounding errors blown up.
    features = np.random.default_rng(2).normal(size=(64, 400)).astype(np.float32)
    found = fit_whitening(features, 64)
    assert len(found.variances) == 63
    assert np.isfinite(found.apply(features)).all()


def test_directions_of_a_millionth_of_the_variance_are_still_coins():
    generator = np.random.default_rng(6)
    spread = np.concatenate([[1.0], np.full(7, 3e-4), np.zeros(72)])  # a network that nearly collapsed
    features = (generator.normal(size=(100, 80)) * spread).astype(np.float32)
    reference = PCA(n_components=8, whiten=True, svd_solver="full").fit_transform(features.astype(np.float64))
    reference /= np.linalg.norm(reference, axis=1, keepdims=True)
    found = fit_whitening(features, 8).apply(features)
    signs = np.sign((reference * found).sum(axis=0))
    np.testing.assert_allclose(found, reference * signs, atol=1e-3)


def test_no_second_matrix_of_the_size_of_the_features_is_made():
    features = np.random.default_rng(6).standard_normal((30_000, 48), dtype=np.float32)
    tracemalloc.start()
    try:
        points = fit_whitening(features, 4).apply(features)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak - points.nbytes < features.nbytes / 4


@pytest.mark.parametrize("shape", [(900, 1000), (1000, 900)], ids=["Gram", "covariance"])
def test_no_second_square_is_made(shape):
    features = np.random.default_rng(6).standard_normal(shape, dtype=np.float32)
    tracemalloc.start()
    try:
        fit_whitening(features, 4)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.6 * 900 * 900 * 8
