"""Fronts of the grid network that see what EfficientNet-Lite0 sees, alone or beside the directions of edges.

The network learnt from ordinary photographs, and learns nothing from coins. Each step has a derivative, so
that an explanation goes back to the pixels. A place of its maps looks at far more of the coin than a cell
does: up to all of it, though mostly at what is near.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.matching.backbones.backbone import BATCH, DARKEST, LIGHTEST
from coin_xai.matching.backbones.efficientnet_lite import CHANNELS, EfficientNetLite, fold_in
from coin_xai.matching.backbones.pretrained import INPUT_PX, read_weights
from coin_xai.matching.cells import fading_to_the_rim
from coin_xai.matching.hog import ORIENTATIONS
from coin_xai.matching.windows import CELLS
from coin_xai.networks.names import Front
from coin_xai.networks.oriented_cells import OrientedCells, grey_of

AS_STRONG_AS_EDGES = 0.011
"""What maps are multiplied by, so that all of them together are about as strong as all directions of edges:
.0103 on 360 drawn coins and .0119 on 1,226 reverses. How strong exactly decides nothing."""
SMALLEST_RANGE = 1 / 255
"""Of a coin's tones, where it is all but one tone."""


class SeenCells(nn.Module):
    """Turns normalised grey coins (N x 3 x 128 x 128) into what the network sees (N x 112 x 16 x 16).

    The weights are read when the first coin is seen, unless a state dict brought them: a network that was
    trained is explained where they are not installed.

    Attributes:
        has_weights: whether its weights are those that were learnt from photographs.
    """

    channels = CHANNELS

    def __init__(self) -> None:
        super().__init__()
        self.network = EfficientNetLite()
        fading = torch.from_numpy(AS_STRONG_AS_EDGES * fading_to_the_rim(CELLS))
        self.register_buffer("fading", fading, persistent=False)
        self.has_weights = False
        self.register_load_state_dict_post_hook(_weights_are_there)  # type: ignore[no-untyped-call]

    def forward(self, photographs: Tensor) -> Tensor:
        """Return the maps, fading to the rim.

        Raises:
            OptionError: the weights are not installed, or are other ones.
        """
        self.read_weights()
        if not len(photographs):  # of several processes, one may have none of the last batch
            return photographs.new_zeros(0, CHANNELS, CELLS, CELLS)
        pictures = F.interpolate(
            2 * _stretched(grey_of(photographs))[:, None] - 1, (INPUT_PX, INPUT_PX), mode="bilinear"
        )
        pictures = pictures.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)
        if pictures.is_cuda or pictures.requires_grad:
            return cast(Tensor, self.network(pictures)) * cast(Tensor, self.fading)
        # On a processor, activations of more coins at once leave its cache.
        maps = torch.cat([self.network(some) for some in torch.split(pictures, BATCH)])
        return maps * cast(Tensor, self.fading)

    def read_weights(self) -> None:
        """Read the weights, unless they are there.

        Raises:
            OptionError: they are not installed, or are other ones.
        """
        if not self.has_weights:
            fold_in(self.network, read_weights("front", "pretrained or both"))
            self.has_weights = True


class BothCells(nn.Module):
    """Turns normalised grey coins (N x 3 x 128 x 128) into cells of both kinds (N x 121 x 16 x 16)."""

    channels = ORIENTATIONS + CHANNELS

    def __init__(self) -> None:
        super().__init__()
        self.edges, self.seen = OrientedCells(), SeenCells()

    def forward(self, photographs: Tensor) -> Tensor:
        """Return the cells of both, edges first."""
        return torch.cat([self.edges(photographs), self.seen(photographs)], dim=1)


FRONTS: dict[Front, type[OrientedCells | SeenCells | BothCells]] = {
    "edges": OrientedCells,
    "pretrained": SeenCells,
    "both": BothCells,
}


def _weights_are_there(module: nn.Module, _keys: Any) -> None:
    module.has_weights = True  # type: ignore[assignment]


def _stretched(grey: Tensor) -> Tensor:
    """Return coins from black to white (N x H x W, 0..1), whatever their metal."""
    at = torch.tensor([DARKEST, LIGHTEST], dtype=grey.dtype, device=grey.device) / 100
    low, high = torch.quantile(grey.flatten(1), at, dim=1)[..., None, None]
    wide = high - low
    stretched = (grey - low) / torch.where(wide > SMALLEST_RANGE, wide, SMALLEST_RANGE)
    # What is cut off has no derivative. A clamp would look like a rectifier to those who look for them.
    return torch.where(stretched <= 0, 0, torch.where(stretched >= 1, 1, stretched))
