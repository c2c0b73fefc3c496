"""What a chain network does, as plain data: the description that operations are compiled from."""

from dataclasses import dataclass

from torch import Tensor

Pair = tuple[int, int]


@dataclass(frozen=True, kw_only=True, eq=False)
class SobelFront:
    """Grey, then derivatives of 3 x 3, which nothing is learnt about.

    Attributes:
        grey: weight of each colour (3).
        grey_bias: added to the grey (1).
        derivatives: kernels, m x 1 x 3 x 3.
        derivatives_bias: m.
        replicate: whether the border pixels continue the grey photograph; zeros do otherwise.
    """

    grey: Tensor
    grey_bias: Tensor
    derivatives: Tensor
    derivatives_bias: Tensor
    replicate: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Convolution:
    """A convolution; `name` is that of its module.

    Around the maps there are zeros or, with `replicate`, copies of their border.
    """

    name: str
    weight: Tensor
    bias: Tensor | None
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int
    replicate: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Affine:
    """What batch normalisation is in evaluation mode: a scale and a shift for each map (C each)."""

    scale: Tensor
    shift: Tensor


@dataclass(frozen=True)
class Rectifier:
    """max(0, z)."""


@dataclass(frozen=True, kw_only=True)
class MaxPool:
    """The greatest value of each window."""

    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    ceil_mode: bool


@dataclass(frozen=True, kw_only=True)
class AveragePool:
    """Means over a grid of windows of h x w."""

    size: Pair


@dataclass(frozen=True)
class Flatten:
    """Maps into one row of features per photograph."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Linear:
    """A linear layer: weight (outputs x inputs) and bias."""

    weight: Tensor
    bias: Tensor | None


Step = SobelFront | Convolution | Affine | Rectifier | MaxPool | AveragePool | Flatten | Linear


@dataclass(frozen=True, eq=False)
class Description:
    """A chain of steps from photographs to logits.

    Attributes:
        steps: in order; the last one is the head, a linear layer.
        layer: how many steps the layer to be explained ends after, before the maps are flattened.
    """

    steps: tuple[Step, ...]
    layer: int
