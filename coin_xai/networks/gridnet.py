"""The grid network: two convolutions on the cells of a coin, and a head that knows where each cell lies.

What tells the coins of a collection apart is what lies where. A network that pools over the coin, or is to
find that out behind linear layers from some hundred coins, recognises fewer of them than a linear head on
their cells does (docs/experiments/gridnet.md). Here the logit is a sum over cells, so a map of its terms is
all of the explanation.
"""

import torch
from torch import Tensor, nn

from coin_xai.matching.cut_out import SIZE_PX
from coin_xai.matching.windows import CELLS
from coin_xai.networks.names import Front
from coin_xai.networks.network import Network, scaled
from coin_xai.networks.seen_cells import FRONTS

FIRST, SECOND = 64, 16
"""Filters of the two convolutions: with 64 in the second one a coin would have 16,384 features."""


class GridNet(Network):
    """Sees coins that were cut out and lie alike, in grey; 4096 penultimate features, never negative."""

    input_size_px = SIZE_PX
    small_crop_px = SIZE_PX
    attribution_layer = "features.6"

    def __init__(
        self, k: int, *, generator: torch.Generator, width: float = 1.0, front: Front = "edges"
    ) -> None:
        """Draw a fresh network; `width` is the share of its filters, `front` what it sees of a coin."""
        sees = FRONTS[front]()
        first, second = scaled(FIRST, width), scaled(SECOND, width)
        features = nn.Sequential(
            sees,
            nn.Conv2d(sees.channels, first, 3, padding=1, bias=False),
            nn.BatchNorm2d(first),
            nn.ReLU(inplace=True),
            nn.Conv2d(first, second, 3, padding=1, bias=False),
            nn.BatchNorm2d(second),
            nn.ReLU(inplace=True),
        )
        super().__init__(
            features,
            nn.Sequential(),
            rectifier=nn.Identity(),
            units=second * CELLS**2,
            k=k,
            sobel=None,
            generator=generator,
        )

    @property
    def front(self) -> nn.Module:
        """What describes coins, of which there is nothing to learn (N x c x 16 x 16)."""
        return self.features[0]

    def see_through(self, front: nn.Module) -> None:
        """Take the front of another network; PyTorch keeps one that is assigned beside this one's own."""
        self.features[0] = front

    def from_cells(self, cells: Tensor) -> Tensor:
        """Return the penultimate features of coins that are described (N x units)."""
        maps: Tensor = self.features[1:](cells)
        return maps.flatten(1)
