import pytest
import torch

from coin_xai.errors import OptionError
from coin_xai.networks import build


def grid(**options):
    return build("gridnet", k=5, generator=torch.Generator().manual_seed(1), **options).eval()


def test_the_logit_is_a_sum_over_the_cells_of_its_maps():
    network = grid(width=1 / 4).double()
    coins = torch.randn(3, 3, 128, 128, dtype=torch.float64)
    maps = network.get_submodule("features")(coins)
    assert maps.shape == (3, 4, 16, 16)
    weights = network.head.weight.view(5, *maps.shape[1:])
    expected = torch.einsum("nchw,kchw->nk", maps, weights) + network.head.bias
    torch.testing.assert_close(network(coins), expected)


def test_it_has_as_many_features_as_alexnet_at_full_width():
    network = grid()
    assert network.head.in_features == 4096
    assert (network.penultimate(torch.randn(2, 3, 128, 128)) >= 0).all()
    assert sum(weight.numel() for weight in network.backbone()) < 20_000


def test_its_maps_are_those_of_the_layer_that_is_explained():
    network, kept = grid(width=1 / 4), []
    network.get_submodule(network.attribution_layer).register_forward_hook(
        lambda _layer, _given, maps: kept.append(maps)
    )
    features = network.penultimate(torch.randn(2, 3, 128, 128))
    assert torch.equal(kept[0].flatten(1), features)


def test_colours_are_refused():
    with pytest.raises(OptionError, match="gridnet sees coins in grey"):
        grid(sobel=False)
