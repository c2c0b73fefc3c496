"""Which network a state dict is of, told by the names and shapes of its tensors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from storage.legacy.errors import LegacyError

# Numbers of the convolutions among the features.
CONVOLUTIONS: dict[Literal["alexnet", "vgg16"], tuple[int, ...]] = {
    "alexnet": (0, 4, 8, 11, 14),
    "vgg16": (0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40),
}
PUBLISHED_UNITS = 4096
CONVOLUTION = re.compile(r"features\.(\d+)\.weight")


@dataclass(frozen=True)
class Architecture:
    """A network in the words of our options.

    Attributes:
        network: its name.
        width: share of the published filters and units.
        sobel: whether the Sobel front stands before it; a first convolution of two channels tells.
        k: units of the head.
    """

    network: Literal["alexnet", "vgg16"]
    width: float
    sobel: bool
    k: int


def recognise(shapes: Mapping[str, tuple[int, ...]]) -> Architecture:
    """Tell the network from the shapes of its tensors, by the names that coin-xai gives them.

    Raises:
        LegacyError: it is no AlexNet and no VGG-16 of DeepCluster, or its head is missing.
    """
    convolutions = tuple(
        sorted(
            int(match[1])
            for name, shape in shapes.items()
            if (match := CONVOLUTION.fullmatch(name)) and len(shape) == 4
        )
    )
    network = next((name for name, numbers in CONVOLUTIONS.items() if numbers == convolutions), None)
    if network is None:
        raise LegacyError(
            f"rule 'AlexNet or VGG-16': its convolutions are the features {_list(convolutions)}, and those "
            f"of DeepCluster are {_list(CONVOLUTIONS['alexnet'])} or {_list(CONVOLUTIONS['vgg16'])}"
        )
    head = shapes.get("head.weight", ())
    if len(head) != 2 or min(head) < 1:
        raise LegacyError(
            "rule 'a head': it has no top_layer, so nothing says what speaks for a cluster; give the "
            "checkpoint.pth.tar that the training itself wrote"
        )
    channels = shapes["features.0.weight"][1]
    if channels not in (2, 3):
        raise LegacyError(
            f"rule 'Sobel or colours': its first convolution takes {channels} channels, not 2 or 3"
        )
    return Architecture(network, width=head[1] / PUBLISHED_UNITS, sobel=channels == 2, k=head[0])


def _list(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers)) or "none"
