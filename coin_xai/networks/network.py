"""What all networks of DeepCluster share: a front, features, a classifier without its last layer, a head."""

import math

import torch
from torch import Tensor, nn

from coin_xai.networks.names import SobelPadding
from coin_xai.networks.sobel import Sobel


class Network(nn.Module):
    """Maps normalised RGB photographs (N x 3 x input_size_px x input_size_px) to a logit per cluster (N x k).

    The names of parameters are those of the reference's state dict, but for the last layer, which is called
    `head` here and `top_layer` there. `features` and `classifier` together are the backbone, which survives
    the epochs; `head` is a new one wherever the clusters are.

    Attributes:
        input_size_px: side of the square that it takes.
        small_crop_px: side of views of a part of a photograph; layers that want one size get no other.
        attribution_layer: name of the layer that Grad-CAM is defined on, the rectified output of the last
            convolution.
        rectifier: between the penultimate features and the head; a module, not a function, because guided
            backpropagation changes its way back.
    """

    input_size_px = 224
    small_crop_px = 224
    attribution_layer: str

    def __init__(
        self,
        features: nn.Sequential,
        classifier: nn.Sequential,
        *,
        rectifier: nn.Module,
        units: int,
        k: int,
        sobel: SobelPadding | None,
        generator: torch.Generator,
    ) -> None:
        """Join the parts and draw the weights.

        Args:
            features: convolutions, from 2 channels with a Sobel front and 3 without to maps.
            classifier: from the flattened maps to the penultimate features.
            rectifier: what follows them.
            units: how many penultimate features there are.
            k: how many clusters the head tells apart.
            sobel: padding of the Sobel front; None shows the network colours.
            generator: source of the initial weights.
        """
        super().__init__()
        self.sobel = nn.Identity() if sobel is None else Sobel(sobel)
        self.features = features
        self.classifier = classifier
        self.rectifier = rectifier
        self.head = nn.Linear(units, k)
        for part in (self.features, self.classifier, self.head):
            initialise(part, generator)

    def penultimate(self, photographs: Tensor) -> Tensor:
        """Return the features before the last rectifier (N x units), which DeepCluster clusters."""
        maps: Tensor = self.features(self.sobel(photographs))
        # flatten copies in (C, H, W) order whatever the memory layout; a view would refuse channels-last.
        features: Tensor = self.classifier(maps.flatten(1))
        return features

    def forward(self, photographs: Tensor) -> Tensor:
        """Return the logits (N x k)."""
        logits: Tensor = self.head(self.rectifier(self.penultimate(photographs)))
        return logits

    def backbone(self) -> list[nn.Parameter]:
        """Return the parameters that learn from epoch to epoch, by depth."""
        every = (*self.features.parameters(), *self.classifier.parameters())
        return [parameter for parameter in every if parameter.requires_grad]


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


def scaled(count: int, width: float) -> int:
    """Return that share of a number of filters or units, never fewer than four."""
    return max(4, round(count * width))
