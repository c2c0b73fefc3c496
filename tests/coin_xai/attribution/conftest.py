import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torchvision.models.resnet import BasicBlock, ResNet

from coin_xai.attribution import Attributor
from coin_xai.attribution.engines.planned import winograd
from coin_xai.networks import build

CLASSES = 5


def alexnet():
    network = build("alexnet", k=CLASSES, generator=torch.Generator().manual_seed(7), width=1 / 16)
    return _settled(network)


def gridnet():
    network = build("gridnet", k=CLASSES, generator=torch.Generator().manual_seed(7), width=1 / 4)
    return _settled(network)


class NarrowResNet(ResNet):
    """torchvision's, with a quarter of the maps in its blocks."""

    def _make_layer(self, block, planes, *further, **named):
        return super()._make_layer(block, planes // 4, *further, **named)


def resnet():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        network = NarrowResNet(BasicBlock, [1, 1, 1, 1])
        network.fc = nn.Linear(network.inplanes, CLASSES)
    return _settled(network)


def _settled(network):
    """Give batch normalisation statistics and weights that are not those of a fresh network."""
    generator = torch.Generator().manual_seed(8)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3, generator=generator)
            module.running_var.uniform_(0.5, 2, generator=generator)
            if module.affine:
                module.weight.data.uniform_(0.5, 1.5, generator=generator)
                module.bias.data.normal_(0, 0.3, generator=generator)
    return network.double().eval()


@pytest.fixture(autouse=True)
def _like_large_networks(monkeypatch):
    """Let tiny networks go the ways of those with many maps."""
    monkeypatch.setattr(winograd, "MANY_MAPS", 16)


BUILD = {"gridnet": gridnet, "alexnet": alexnet, "alexnet by autograd": alexnet, "resnet": resnet}
SIDE_PX = {"gridnet": 128, "alexnet": 224, "alexnet by autograd": 224, "resnet": 64}
LAYER = {
    "gridnet": "features.6",
    "alexnet": "features.16",
    "alexnet by autograd": "features.16",
    "resnet": "layer4",
}
ENGINE = {
    "gridnet": "automatic",
    "alexnet": "planned",
    "alexnet by autograd": "autograd",
    "resnet": "automatic",
}


@pytest.fixture(params=list(BUILD))
def name(request):
    return request.param


@pytest.fixture
def network(name):
    return BUILD[name]()


@pytest.fixture
def layer(name):
    return LAYER[name]


@pytest.fixture
def explainer(name, layer):
    """Make an attributor for a network, by the engine that the parameter names."""

    def make(network, **options):
        return Attributor(network, **{"layer": layer, "engine": ENGINE[name], **options})

    return make


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
def settled():
    """Give batch normalisation of a network settled statistics, in float64 and evaluation mode."""
    return _settled


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


class HookedRelu(nn.Module):
    """The rules said in another way: hooks on tensors and, for deconv, a straight-through derivative."""

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def forward(self, z):
        rectified = F.relu(z) if self.rule != "deconv" else z + (F.relu(z) - z).detach()
        if rectified.requires_grad and self.rule != "standard":
            rectified.register_hook(lambda gradient: gradient.clamp(min=0))
        return rectified


@pytest.fixture
def reference():
    """Gradients by hand-written autograd: at the photographs by a rule, or at the maps of a layer.

    Of the logits of the units, or of any other value that a function makes of the logits.
    """

    def gradients(network, photographs, class_index, rule="standard", layer=None, value=None):
        network = copy.deepcopy(network)
        for module in list(network.modules()):
            for name, child in module.named_children():
                if isinstance(child, nn.ReLU):
                    setattr(module, name, HookedRelu(rule))
        at = []
        if layer:
            # A zero is added to the maps: its gradient is theirs, whatever happens in place afterwards.
            def add_zero(_module, _inputs, output):
                at.extend([output.detach().clone(), torch.zeros_like(output).requires_grad_()])
                return output + at[1]

            network.get_submodule(layer).register_forward_hook(add_zero)
        photographs = photographs.clone().requires_grad_()
        logits = network(photographs)
        chosen = logits.gather(1, class_index[:, None]) if value is None else value(logits)
        if not layer:
            return torch.autograd.grad(chosen.sum(), photographs)[0]
        return at[0], torch.autograd.grad(chosen.sum(), at[1])[0]

    return gradients


@pytest.fixture
def colours():
    """Three channels of a gradient that was stored as one."""

    def expand(gradient):
        return gradient if gradient.ndim == 4 else gradient[:, None].expand(-1, 3, -1, -1)

    return expand
