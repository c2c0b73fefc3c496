"""ResNet-18 and ResNet-50 of torchvision (He et al. 2016) behind the face of DeepCluster's networks."""

from typing import Any, Literal

import torch
from torch import nn

from coin_xai.errors import OptionError
from coin_xai.networks.names import SobelPadding
from coin_xai.networks.network import Network, scaled

# The children of torchvision's ResNet before pooling; their names stay, so that its weights fit.
FIRST = 64
"""Filters of the first block; each further one has twice as many."""
NARROWEST = 0.25
TRUNK = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


class ResNet(Network):
    """A residual network; its penultimate features are means of rectified maps, hence never negative."""

    attribution_layer = "features.layer4"
    small_crop_px = 96

    def __init__(
        self,
        k: int,
        *,
        generator: torch.Generator,
        sobel: SobelPadding | None,
        published: Literal["resnet18", "resnet50"],
        width: float = 1.0,
    ) -> None:
        """Draw a fresh network of the layout that torchvision has under that name.

        Args:
            k, generator, sobel: see `Network`.
            published: name of the layout.
            width: share of the published filters.

        Raises:
            OptionError: it is narrower than a quarter.
        """
        if width < NARROWEST:
            # Convolutions of 1 x 1 with stride 2 and 8 filters end the process on the way back (oneDNN).
            raise OptionError(f"width is {width}, and ResNets narrower than {NARROWEST} cannot learn")
        # It takes a second to import, which every start of a flow would pay, and every cancelled run twice.
        from torchvision import models
        from torchvision.models.resnet import BasicBlock, Bottleneck

        first = scaled(FIRST, width)

        class Trunk(models.ResNet):  # type: ignore[misc]
            def _make_layer(self, block: Any, planes: int, *further: Any, **named: Any) -> nn.Sequential:
                if planes == FIRST:
                    self.inplanes = first
                layer: nn.Sequential = super()._make_layer(block, scaled(planes, width), *further, **named)
                return layer

        trunk = (
            Trunk(BasicBlock, (2, 2, 2, 2)) if published == "resnet18" else Trunk(Bottleneck, (3, 4, 6, 3))
        )
        channels = 3 if sobel is None else 2
        trunk.conv1 = nn.Conv2d(channels, first, kernel_size=7, stride=2, padding=3, bias=False)
        trunk.bn1 = nn.BatchNorm2d(first)
        features = nn.Sequential()
        for name in TRUNK:
            features.add_module(name, getattr(trunk, name))
        super().__init__(
            features,
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            rectifier=nn.Identity(),
            units=trunk.inplanes,
            k=k,
            sobel=sobel,
            generator=generator,
        )

    def penultimate(self, photographs: torch.Tensor) -> torch.Tensor:
        """Return the mean of each map of the last block (N x 512 or N x 2048, times the width)."""
        features: torch.Tensor = self.classifier(self.features(self.sobel(photographs)))
        return features
