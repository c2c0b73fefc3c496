"""VGG-16 as DeepCluster trains it: with batch normalisation, and no dropout before the first linear layer."""

import torch
from torch import nn

from coin_xai.networks.layers import Layers
from coin_xai.networks.names import SobelPadding
from coin_xai.networks.network import Network, scaled

# Filters of each convolution of 3 x 3; None is a max-pool of 2 with stride 2.
LAYOUT = (64, 64, None, 128, 128, None, 256, 256, 256, None, 512, 512, 512, None, 512, 512, 512, None)
POOLED_SIDE = 7  # of the last feature map, for an input of 224 x 224


class VGG16(Network):
    """The deeper network of the publication: 134 million weights, 4096 penultimate features, signed."""

    attribution_layer = "features.42"

    def __init__(
        self, k: int, *, generator: torch.Generator, sobel: SobelPadding | None, width: float = 1.0
    ) -> None:
        """Draw a fresh network; `width` is the share of the paper's filters and units."""
        features, channels = _features(3 if sobel is None else 2, width)
        units = scaled(4096, width)
        classifier = nn.Sequential(
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
    for filters in LAYOUT:
        if filters is None:
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            continue
        filters = scaled(filters, width)
        layers += [
            nn.Conv2d(channels, filters, kernel_size=3, padding=1),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
        ]
        channels = filters
    return Layers(*layers), channels
