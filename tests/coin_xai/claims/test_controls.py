import numpy as np
import pytest
import torch

from coin_xai.claims.controls import taught
from coin_xai.networks import build, normalise
from tests.coin_xai.conftest import twelve_coins

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def network():
    return build(
        "alexnet",
        k=2,
        generator=torch.Generator().manual_seed(0),
        sobel=True,
        sobel_padding="zeros",
        width=1 / 16,
        front="edges",
    ).eval()


@pytest.mark.parametrize("seed", [0, 1])
def test_a_head_is_fitted_to_any_clusters_and_the_network_stays_as_it_is(network, seed):
    coins, before = twelve_coins(), network.head.weight.clone()
    clusters = np.random.default_rng(seed).permutation(np.arange(12) % 3)
    other = taught(network, coins, clusters, centre_crop=1.0, device=CPU)
    squares = coins.centre_squares(np.arange(12), size_px=network.input_size_px)
    with torch.inference_mode():
        found = other(normalise(torch.from_numpy(squares))).argmax(dim=1)
    np.testing.assert_array_equal(found, clusters)
    assert torch.equal(network.head.weight, before)
