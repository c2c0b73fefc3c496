import pytest
import torch
from torch import nn

from coin_xai.networks import build


@pytest.mark.parametrize("name", ["alexnet", "vgg16"])
def test_learning_equals_layers_in_their_order_bit_for_bit(name):
    generator = torch.Generator().manual_seed(31)
    network = build(name, k=3, generator=generator, width=1 / 16).train()
    plain = nn.Sequential(*network.features)
    maps = torch.randn(4, 2, 128, 128, generator=generator).to(memory_format=torch.channels_last)
    found, gradients = [], []
    for layers in (network.features, plain):
        layers.zero_grad()
        found.append(layers(maps))
        found[-1].square().sum().backward()
        gradients.append([weight.grad.clone() for weight in layers.parameters()])
    assert found[0].min() == 0 < found[0].max()
    assert torch.equal(*found)
    assert all(torch.equal(*pair) for pair in zip(*gradients, strict=True))


@pytest.mark.parametrize(("training", "rectified"), [(True, (4, 27, 27)), (False, (4, 55, 55))])
def test_rectifiers_wait_for_the_pool_while_learning_alone(training, rectified):
    network = build("alexnet", k=3, generator=torch.Generator().manual_seed(31), width=1 / 32)
    seen = []
    network.features[2].register_forward_hook(lambda _module, _inputs, output: seen.append(output.shape[1:]))
    network.train(training)(torch.randn(2, 3, 224, 224))
    assert seen == [rectified]
