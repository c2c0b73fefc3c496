"""AlexNet as DeepCluster trains it: the 2012 layout, batch normalisation, no groups (Caron et al. 2018)."""

import math

import torch
from torch import Tensor, nn

from coin_xai.networks.sobel import Sobel, SobelPadding

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


class AlexNet(nn.Module):
    """Maps normalised RGB photographs (N x 3 x 224 x 224) to one logit per cluster (N x k).

    The names of parameters are those of the reference's state dict, but for the last layer, which is
    called `head` here and `top_layer` there.
    """

    input_size_px = 224
    attribution_layer = "features.16"
    """The rectified output of the last convolution, the layer that Grad-CAM is defined on."""

    def __init__(
        self,
        k: int,
        *,
        generator: torch.Generator,
        sobel: bool = True,
        sobel_padding: SobelPadding = "replicate",
        width: float = 1.0,
    ) -> None:
        """Draw a fresh network.

        Args:
            k: how many clusters the head tells apart.
            generator: source of the initial weights.
            sobel: whether the Sobel front replaces the colours.
            sobel_padding: how the Sobel front continues the photograph over its border.
            width: share of the paper's filters and units; 1 is the published network.
        """
        super().__init__()
        self.sobel = Sobel(sobel_padding) if sobel else nn.Identity()
        self.features, channels = _features(2 if sobel else 3, width)
        units = _scaled(4096, width)
        self.classifier = nn.Sequential(
            nn.Dropout(0.5),
            nn.Linear(channels * POOLED_SIDE**2, units),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Linear(units, units),
        )
        # A module, not a function, because guided backpropagation changes its way back.
        self.rectifier = nn.ReLU()
        self.head = nn.Linear(units, k)
        initialise(self.features, generator)
        initialise(self.classifier, generator)
        initialise(self.head, generator)

    def penultimate(self, photographs: Tensor) -> Tensor:
        """Return the signed features before the last rectifier (N x 4096), which DeepCluster clusters."""
        maps: Tensor = self.features(self.sobel(photographs))
        # flatten copies in (C, H, W) order whatever the memory layout; a view would refuse channels-last.
        features: Tensor = self.classifier(maps.flatten(1))
        return features

    def forward(self, photographs: Tensor) -> Tensor:
        """Return the logits (N x k)."""
        logits: Tensor = self.head(self.rectifier(self.penultimate(photographs)))
        return logits


def initialise(module: nn.Module, generator: torch.Generator) -> None:
    """Draw the weights as the reference does: He (fan-out) for convolutions, N(0, 0.01) for linear layers."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            fan_out = part.kernel_size[0] * part.kernel_size[1] * part.out_channels
            nn.init.normal_(part.weight, 0.0, math.sqrt(2.0 / fan_out), generator=generator)
        elif isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, 0.0, 0.01, generator=generator)
        if isinstance(part, nn.Conv2d | nn.Linear) and part.bias is not None:
            nn.init.zeros_(part.bias)


def _features(channels: int, width: float) -> tuple[nn.Sequential, int]:
    layers: list[nn.Module] = []
    for block in LAYOUT:
        if block is None:
            layers.append(nn.MaxPool2d(kernel_size=3, stride=2))
            continue
        filters, kernel, stride, padding = block
        filters = _scaled(filters, width)
        layers += [
            nn.Conv2d(channels, filters, kernel, stride, padding),
            nn.BatchNorm2d(filters),
            nn.ReLU(inplace=True),
        ]
        channels = filters
    return nn.Sequential(*layers), channels


def _scaled(count: int, width: float) -> int:
    return max(4, round(count * width))
