"""Which networks there are, by name. Imports no PyTorch, so that options can be shown without it."""

from typing import Literal

NetworkName = Literal["gridnet", "alexnet", "vgg16", "resnet18", "resnet50"]
SobelPadding = Literal["replicate", "zeros"]
Front = Literal["edges", "pretrained", "both"]
"""What a network of coins that are laid over each other sees of them."""

POOLING: frozenset[NetworkName] = frozenset({"resnet18", "resnet50"})
"""Networks behind whose last convolution only the mean of each map counts, not where in it something is."""

OVERLAPPING: frozenset[NetworkName] = frozenset({"alexnet"})
"""Networks behind whose last convolution maps are pooled in windows that overlap: a cell that several windows
share takes the gradient of each, so maps of the convolution have a lattice."""

ALIGNED: frozenset[NetworkName] = frozenset({"gridnet"})
"""Networks that are shown coins cut out and laid over each other, not photographs."""
