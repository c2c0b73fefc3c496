"""One function to build any network by its name."""

from collections.abc import Callable
from functools import partial

import torch

from coin_xai.errors import OptionError
from coin_xai.networks.alexnet import AlexNet
from coin_xai.networks.gridnet import GridNet
from coin_xai.networks.names import Front, NetworkName, SobelPadding
from coin_xai.networks.network import Network
from coin_xai.networks.resnet import ResNet
from coin_xai.networks.vgg import VGG16


def build(
    name: NetworkName,
    *,
    k: int,
    generator: torch.Generator,
    sobel: bool = True,
    sobel_padding: SobelPadding = "replicate",
    width: float = 1.0,
    front: Front = "edges",
) -> Network:
    """Draw a fresh network of that name.

    Args:
        name: of the network.
        k: how many clusters the head tells apart.
        generator: source of the initial weights.
        sobel: whether the Sobel front replaces the colours; gridnet has fronts of its own, and sees none.
        sobel_padding: how the Sobel front continues the photograph over its border.
        width: share of the published filters and units.
        front: what gridnet sees of a coin.

    Raises:
        OptionError: gridnet is to see colours.
    """
    if name == "gridnet":
        if not sobel:
            raise OptionError("gridnet sees coins in grey: leave --no-sobel out, or choose another network")
        return GridNet(k, generator=generator, width=width, front=front)
    networks: dict[NetworkName, Callable[..., Network]] = {
        "alexnet": AlexNet,
        "vgg16": VGG16,
        "resnet18": partial(ResNet, published="resnet18"),
        "resnet50": partial(ResNet, published="resnet50"),
    }
    return networks[name](k, generator=generator, sobel=sobel_padding if sobel else None, width=width)
