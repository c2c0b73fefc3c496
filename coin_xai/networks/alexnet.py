"""AlexNet as DeepCluster trains it: the 2012 layout, batch normalisation, no groups (Caron et al. 2018)."""

import torch
from torch import nn

from coin_xai.networks.layers import Layers
from coin_xai.networks.names import SobelPadding
from coin_xai.networks.network import Network, scaled

# (filters, kernel, stride, padding) of each convolution; None is a max-pool of 3 with stride 2.
LAYOUT: tuple[tuple[int, int, int, int] | None, ...] = (
    (96, 11, 4, 2),
    None,
    (256, 5, 1, 2),
    None,
    (384, 3, 1, 1),
    (384, 3, 1, 1),
    (256, 3, 1, 1),
    None,
)
POOLED_SIDE = 6  # of the last feature map, for an input of 224 x 224


class AlexNet(Network):
    """The network of the published experiments: 58 million weights, 4096 penultimate features, signed."""

    attribution_layer = "features.16"

    def __init__(
        self, k: int, *, generator: torch.Generator, sobel: SobelPadding | None, width: float = 1.0
    ) -> None:
        """Draw a fresh network; `width` is the share of the paper's filters and units."""
        features, channels = _features(3 if sobel is None else 2, width)
        units = scaled(4096, width)
        classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(channels * POOLED_SIDE**2, units),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(units, units),
        )
        super().__init__(
            features, classifier, rectifier=nn.ReLU(), units=units, k=k, sobel=sobel, generator=generator
        )


def _features(channels: int, width: float) -> tuple[Layers, int]:
    layers: list[nn.Module] = []
    for block in LAYOUT:
        if block is None:
            layers.append(nn.MaxPool2d(kernel_size=3, stride=2))
            continue
        filters, kernel, stride, padding = block
        filters = scaled(filters, width)
        layers += [
            nn.Conv2d(channels, filters, kernel, stride, padding),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
        ]
        channels = filters
    return Layers(*layers), channels
