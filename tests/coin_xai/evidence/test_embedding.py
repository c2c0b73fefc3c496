import numpy as np
import pytest
from scipy.spatial.distance import cdist

from coin_xai.evidence.embedding import pca_plane, tsne_plane


@pytest.fixture
def groups():
    """Three groups of twenty coins far from each other, in eight dimensions."""
    generator = np.random.default_rng(0)
    centres = 10 * generator.standard_normal((3, 8))
    return np.repeat(centres, 20, axis=0) + generator.standard_normal((60, 8))


def test_the_plane_of_pca_is_that_of_the_singular_vectors(groups):
    centred = groups - groups.mean(axis=0)
    _, _, directions = np.linalg.svd(centred)
    assert np.abs(pca_plane(groups)) == pytest.approx(np.abs(centred @ directions[:2].T))


def test_in_the_plane_of_tsne_the_nearest_coin_is_of_the_same_group(groups):
    plane = tsne_plane(groups, seed=1)
    distances = cdist(plane, plane) + np.diag(np.full(60, np.inf))
    assert (distances.argmin(axis=1) // 20 == np.arange(60) // 20).all()


def test_the_plane_of_tsne_lies_along_its_longest_direction(groups):
    assert np.diff(tsne_plane(groups, seed=1).std(axis=0))[0] <= 0


def test_the_same_coins_and_seed_give_the_same_plane(groups):
    assert np.array_equal(tsne_plane(groups, seed=1), tsne_plane(groups, seed=1))


@pytest.mark.parametrize("count", [1, 2, 4, 5, 7])
def test_few_coins_have_a_plane_too(count):
    features = np.random.default_rng(0).standard_normal((count, 3))
    assert np.isfinite(tsne_plane(features, seed=0)).all()
    assert tsne_plane(features, seed=0).shape == (count, 2)


def test_coins_that_are_all_the_same_do_not_break_the_planes():
    same = np.ones((6, 3))
    assert np.isfinite(tsne_plane(same, seed=0)).all()
