"""The first eleven blocks of EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946), which learn nothing more.

The Lite variants leave out what phones cannot compute: no squeeze-and-excitation, ReLU6 instead of swish.
Where nothing learns, batch normalisation is a scale and a shift, which are folded into the convolution before
it: a third of the layers fewer, and the same numbers but for rounding.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

import torch
from torch import Tensor, nn

CHANNELS = 112
"""Of the maps, a sixteenth as large as the picture."""
EPSILON = 1e-3
"""Of the batch normalisation that the network learnt with."""


class Stage(NamedTuple):
    """Some blocks in a row, of which the first one may halve the picture."""

    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STEM = 32
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, CHANNELS),
)


class EfficientNetLite(nn.Sequential):
    """Turns pictures (N x 3 x H x W, -1..1; H and W multiples of 16) into maps (N x 112 x H/16 x W/16).

    Its weights are random until `fold_in` has copied others. They take no gradient.
    """

    def __init__(self) -> None:
        layers: list[nn.Module] = _convolution(3, STEM, kernel=3, stride=2)
        channels = STEM
        for stage in STAGES:
            for number in range(stage.blocks):
                stride = 1 if number else stage.stride
                layers.append(Block(channels, stage, stride=stride))
                channels = stage.channels
        super().__init__(*layers)
        self.requires_grad_(False)


class Block(nn.Module):
    """Widens the maps, looks around in each of them and narrows them again (Sandler et al. 2018)."""

    def __init__(self, channels: int, stage: Stage, *, stride: int) -> None:
        super().__init__()
        wide = channels * stage.expansion
        widen = _convolution(channels, wide) if stage.expansion > 1 else []
        look = _convolution(wide, wide, kernel=stage.kernel, stride=stride, groups=wide)
        self.layers = nn.Sequential(*widen, *look, nn.Conv2d(wide, stage.channels, 1))
        self.adds = stride == 1 and channels == stage.channels

    def forward(self, maps: Tensor) -> Tensor:
        """Return what the block makes of maps, added to them where they are as large and as many."""
        found: Tensor = self.layers(maps)
        return found + maps if self.adds else found


def _convolution(
    channels: int, filters: int, *, kernel: int = 1, stride: int = 1, groups: int = 1
) -> list[nn.Module]:
    """Return a convolution and its rectifier; where it halves the picture, TensorFlow's padding before it."""
    if stride == 1:
        convolution = nn.Conv2d(channels, filters, kernel, padding=kernel // 2, groups=groups)
        return [convolution, nn.ReLU6(inplace=True)]
    near, far = (kernel - 2) // 2, (kernel - 1) // 2
    convolution = nn.Conv2d(channels, filters, kernel, stride=stride, groups=groups)
    return [nn.ZeroPad2d((near, far, near, far)), convolution, nn.ReLU6(inplace=True)]


def fold_in(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    """Copy the weights of a network that normalises into one of this module; what lies behind it is left.

    Args:
        network: whose weights are overwritten.
        weights: state dict whose tensors come in the order in which pictures pass them: of each convolution
            its weight, then of its normalisation weight, bias, mean, variance and count.

    Raises:
        ValueError: there are fewer weights than convolutions, or one is of another shape.
    """
    convolutions = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    folded = list(islice(_folded(iter(weights.values())), len(convolutions)))
    with torch.no_grad():
        for convolution, (weight, bias) in zip(convolutions, folded, strict=True):
            assert convolution.bias is not None
            if weight.shape != convolution.weight.shape:
                raise ValueError(f"weights are {tuple(weight.shape)}, not {tuple(convolution.weight.shape)}")
            convolution.weight.copy_(weight)
            convolution.bias.copy_(bias)


def _folded(tensors: Iterator[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
    """Return weight and bias of each convolution with what normalises its maps."""
    for weight in tensors:
        scale, shift, mean, variance, _count = (next(tensors) for _ in range(5))
        factor = scale / torch.sqrt(variance + EPSILON)
        yield weight * factor[:, None, None, None], shift - mean * factor
