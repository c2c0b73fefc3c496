import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from coin_xai.networks import build

CLASSES = 5


def alexnet():
    network = build("alexnet", k=CLASSES, generator=torch.Generator().manual_seed(7), width=1 / 16)
    return _settled(network)


def resnet():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        network = ResNet(BasicBlock, [1, 1, 1, 1], num_classes=CLASSES)
    return _settled(network)


def _settled(network):
    """Give batch normalisation statistics and weights that are not those of a fresh network."""
    generator = torch.Generator().manual_seed(8)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            module.weight.data.uniform_(0.5, 1.5, generator=generator)
            module.bias.data.normal_(0, 0.3, generator=generator)
    return network.double().eval()


BUILD = {"alexnet": alexnet, "resnet": resnet}
SIDE_PX = {"alexnet": 224, "resnet": 64}
LAYER = {"alexnet": "features.16", "resnet": "layer4"}


@pytest.fixture(params=["alexnet", "resnet"])
def name(request):
    return request.param


@pytest.fixture
def network(name):
    return BUILD[name]()


@pytest.fixture
def layer(name):
    return LAYER[name]


@pytest.fixture
def coins(name):
    """Draw as many coins as asked for: photographs (float64) and the classes to explain."""

    def draw(count):
        generator = torch.Generator().manual_seed(9)
        side = SIDE_PX[name]
        photographs = torch.randn(count, 3, side, side, generator=generator, dtype=torch.float64)
        return photographs, torch.arange(count) % CLASSES

    return draw


@pytest.fixture
def relative_error():
    """Greatest difference of each image over its greatest expected value; the worst image counts."""

    def measure(found, expected):
        assert found.shape == expected.shape
        found, expected = found.flatten(1), expected.flatten(1)
        scale = expected.abs().amax(dim=1)
        assert (scale > 0).all(), "an expected image is all zero and would prove nothing"
        return ((found - expected).abs().amax(dim=1) / scale).max().item()

    return measure
