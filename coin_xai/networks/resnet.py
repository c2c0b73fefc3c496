"""ResNet-18 and ResNet-50 of torchvision (He et al. 2016) behind the face of DeepCluster's networks."""

from typing import Literal

import torch
from torch import nn

from coin_xai.errors import OptionError
from coin_xai.networks.network import Network
from coin_xai.networks.sobel import SobelPadding

# The children of torchvision's ResNet before pooling; their names stay, so that its weights fit.
TRUNK = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


class ResNet(Network):
    """A residual network; its penultimate features are means of rectified maps, hence never negative."""

    attribution_layer = "features.layer4"

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

        Raises:
            OptionError: the width is not 1; torchvision builds these networks in their published width.
        """
        if width != 1:
            raise OptionError(f"width is {width}, but ResNets come in width 1 alone; choose alexnet or vgg16")
        # It takes a second to import, which every start of a flow would pay, and every cancelled run twice.
        from torchvision import models

        trunk = models.get_model(published)
        if sobel is not None:
            trunk.conv1 = nn.Conv2d(2, 64, kernel_size=7, stride=2, padding=3, bias=False)
        features = nn.Sequential()
        for name in TRUNK:
            features.add_module(name, getattr(trunk, name))
        super().__init__(
            features,
            nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            rectifier=nn.Identity(),
            units=trunk.fc.in_features,
            k=k,
            sobel=sobel,
            generator=generator,
        )

    def penultimate(self, photographs: torch.Tensor) -> torch.Tensor:
        """Return the mean of each map of the last block (N x 512 or N x 2048)."""
        features: torch.Tensor = self.classifier(self.features(self.sobel(photographs)))
        return features
