import numpy as np
import pytest
import torch
from torch.nn import functional as F

from coin_xai.clustering.kmeans import cluster
from coin_xai.deepcluster.v2.projection import DIMENSIONS, Projection, head_of, logits_of

UNITS, K = 24, 5


@pytest.fixture
def projection():
    """A projection that has seen some features, in evaluation mode."""
    made = Projection(UNITS, generator=torch.Generator().manual_seed(2))
    made.norm.momentum = None  # the mean of all batches
    for seed in range(3):
        made(features(seed).relu())
    return made.eval()


def features(seed, n_coins=60):
    return torch.randn(n_coins, UNITS, generator=torch.Generator().manual_seed(seed)) + 0.3


def test_embeddings_have_length_one_and_no_more_dimensions_than_there_are_units(projection):
    found = projection(features(7).relu())
    assert found.shape == (60, UNITS)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(60))
    assert Projection(400, generator=torch.Generator()).linear.out_features == DIMENSIONS


def test_as_a_reduction_it_gives_the_same_embeddings_of_features_before_their_rectifier(projection):
    found = projection.reduction().apply(features(7).numpy())
    np.testing.assert_allclose(found, projection(features(7).relu()).detach(), atol=2e-6)


def test_the_head_chooses_the_nearest_centroid_of_every_coin(projection):
    reduction = projection.reduction()
    points = reduction.apply(features(7).numpy())
    found = cluster(points, K, seed=1, restarts=2, iterations=20, spherical=True)
    weight, bias = head_of(reduction, found.centroids)
    logits = logits_of(features(7).numpy(), weight, bias)
    np.testing.assert_array_equal(logits.argmax(axis=1), found.cluster)
    rectified = projection.linear(projection.norm(features(7).relu())).detach()
    cosines = F.normalize(rectified, dim=1) @ torch.from_numpy(found.centroids).T
    expected = rectified.norm(dim=1, keepdim=True) * cosines
    np.testing.assert_allclose(logits, expected, rtol=1e-4, atol=1e-4)
