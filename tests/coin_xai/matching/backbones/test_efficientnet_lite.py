from functools import partial

import pytest
import torch
from torch import nn
from torchvision.models.mobilenetv2 import InvertedResidual

from coin_xai.matching.backbones.efficientnet_lite import (
    CHANNELS,
    EPSILON,
    STAGES,
    Block,
    EfficientNetLite,
    fold_in,
)


def learnt(block):
    """Give normalisations the statistics and weights of a network that has learnt."""
    generator = torch.Generator().manual_seed(3)
    for layer in block.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for tensor in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                tensor.data = torch.rand(tensor.shape, generator=generator, dtype=torch.float64) + 0.2
    return block.double().eval()


@pytest.mark.parametrize("adds", [True, False])
def test_a_block_is_that_of_torchvision_with_its_normalisation_folded_in(adds):
    stage = STAGES[1] if adds else STAGES[1]._replace(channels=20)
    normalise = partial(nn.BatchNorm2d, eps=EPSILON)
    expected = learnt(InvertedResidual(24, stage.channels, 1, stage.expansion, norm_layer=normalise))
    block = Block(24, stage, stride=1).double()
    fold_in(block, expected.state_dict())
    maps = 4 * torch.rand(2, 24, 9, 9, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    with torch.no_grad():
        torch.testing.assert_close(block(maps), expected(maps), rtol=1e-12, atol=1e-12)


def test_a_picture_is_halved_four_times_and_nothing_learns():
    network = EfficientNetLite()
    assert network(torch.zeros(2, 3, 64, 96)).shape == (2, CHANNELS, 4, 6)
    assert not any(weight.requires_grad for weight in network.parameters())


def test_weights_of_another_layout_are_refused():
    # PyTorch would copy one filter into each channel in silence.
    deep = learnt(nn.Sequential(nn.Conv2d(3, 32, 3, bias=False), nn.BatchNorm2d(32)))
    weights = {
        name: tensor[:, :1] if tensor.ndim == 4 else tensor for name, tensor in deep.state_dict().items()
    }
    with pytest.raises(ValueError, match=r"weights are \(32, 1, 3, 3\), not \(32, 3, 3, 3\)"):
        fold_in(nn.Sequential(nn.Conv2d(3, 32, 3)), weights)


def test_weights_of_a_shorter_network_are_refused():
    stem = learnt(nn.Sequential(nn.Conv2d(3, 32, 3, bias=False), nn.BatchNorm2d(32)))
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        fold_in(EfficientNetLite(), stem.state_dict())
