"""Which networks there are, by name. Imports no PyTorch, so that options can be shown without it."""

from typing import Literal

NetworkName = Literal["alexnet", "vgg16", "resnet18", "resnet50"]
SobelPadding = Literal["replicate", "zeros"]

POOLING: frozenset[NetworkName] = frozenset({"resnet18", "resnet50"})
"""Networks behind whose last convolution only the mean of each map counts, not where in it something is."""
