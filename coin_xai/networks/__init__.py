"""The networks that DeepCluster can train: one file each, and one function to build any by name."""

from typing import Literal

import torch

from coin_xai.networks.alexnet import AlexNet
from coin_xai.networks.normalise import normalise
from coin_xai.networks.sobel import Sobel, SobelPadding

__all__ = ["AlexNet", "NetworkName", "Sobel", "SobelPadding", "build", "normalise"]

NetworkName = Literal["alexnet"]


def build(
    name: NetworkName,
    *,
    k: int,
    generator: torch.Generator,
    sobel: bool = True,
    sobel_padding: SobelPadding = "replicate",
    width: float = 1.0,
) -> AlexNet:
    """Draw a fresh network of that name with a head for k clusters."""
    networks = {"alexnet": AlexNet}
    return networks[name](k, generator=generator, sobel=sobel, sobel_padding=sobel_padding, width=width)
