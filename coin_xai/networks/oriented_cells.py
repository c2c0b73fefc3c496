"""The usual front of the grid network: the description by which parts of coins are matched, as a layer.

Cells of oriented gradients (Dalal & Triggs 2005), divided by the contrast around them, of a coin that was cut
out and lies like the others (`coin_xai.matching`). It has no weights. Each of its steps has a derivative, so
that an explanation goes back to the pixels.
"""

import math
from typing import cast

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor, nn

from coin_xai.matching.cells import (
    BLUR_PX,
    CONTRAST_PX,
    EVEN_DIRECTIONS,
    OWN_CONTRAST,
    SMALLEST_CONTRAST,
    fading_to_the_rim,
)
from coin_xai.matching.cut_out import SIZE_PX
from coin_xai.matching.hog import ORIENTATIONS
from coin_xai.matching.windows import CELL_PX, CELLS
from coin_xai.networks.normalisation import MEAN, STD

SMALLEST_SQUARE = 1e-12
"""Of a gradient; what changes less is flat. Where nothing changes, strength and angle have no derivative."""


class OrientedCells(nn.Module):
    """Turns normalised grey coins (N x 3 x 128 x 128) into cells (N x 9 x 16 x 16).

    Of coloured pictures the mean of the three normalised channels counts.
    """

    channels = ORIENTATIONS

    def __init__(self) -> None:
        super().__init__()
        blur = ndimage.gaussian_filter1d(np.eye(SIZE_PX), BLUR_PX, axis=0)
        around = ndimage.gaussian_filter1d(np.eye(CELLS), CONTRAST_PX / CELL_PX, axis=0)
        # All are products with matrices: as quick as convolutions of one channel, and edges as in SciPy.
        for name, matrix in (
            ("blur", blur),
            ("slope", np.gradient(blur, axis=0)),
            ("around", around / math.sqrt(1 + 1e-3)),
            ("fading", fading_to_the_rim(CELLS)),
        ):
            self.register_buffer(name, torch.tensor(matrix, dtype=torch.float32), persistent=False)

    def forward(self, photographs: Tensor) -> Tensor:
        """Return the strength of edges by direction, in each cell."""
        blur, slope = cast(Tensor, self.blur), cast(Tensor, self.slope)
        grey = grey_of(photographs)
        down, right = slope @ grey @ blur.T, blur @ grey @ slope.T
        square = down**2 + right**2
        flat = square < SMALLEST_SQUARE
        strength = torch.where(flat, 0, torch.where(flat, 1, square).sqrt())
        angle = torch.atan2(torch.where(flat, 0, down), torch.where(flat, 1, right))
        return self._evened(_by_direction(strength, angle.remainder(math.pi) * (ORIENTATIONS / math.pi)))

    def _evened(self, cells: Tensor) -> Tensor:
        """Divide each cell by the contrast around it, and each direction by its mean strength."""
        around, fading = cast(Tensor, self.around), cast(Tensor, self.fading)
        energy = (cells**2).sum(dim=1)
        contrast = torch.sqrt(
            around @ energy @ around.T
            + OWN_CONTRAST * energy.mean(dim=(1, 2), keepdim=True)
            + SMALLEST_CONTRAST
        )
        relative = cells / contrast[:, None]
        direction = relative.mean(dim=(2, 3), keepdim=True) + 1e-6
        mean = direction.mean(dim=1, keepdim=True)
        return relative * mean / (direction + EVEN_DIRECTIONS * mean) * fading


def grey_of(photographs: Tensor) -> Tensor:
    """Return the tone that was normalised in each channel by numbers of its own (N x H x W, 0..1)."""
    steepness = sum(1 / deviation for deviation in STD) / 3
    offset = sum(mean / deviation for mean, deviation in zip(MEAN, STD, strict=True)) / 3
    return (photographs.mean(dim=1) + offset) / steepness


def _by_direction(strength: Tensor, angle: Tensor) -> Tensor:
    """Return how strong edges of each direction are in each cell (N x 9 x 16 x 16).

    Args:
        strength: of the gradient at each pixel (N x H x W).
        angle: in units of the distance between two directions; direction 9 is direction 0 again.
    """
    lower = angle.detach().floor()
    share = angle - lower
    count, height, width = strength.shape
    rows, columns = height // CELL_PX, width // CELL_PX
    down, across = (torch.arange(side, device=angle.device) // CELL_PX for side in (height, width))
    number = torch.arange(count, device=angle.device)[:, None, None]
    cell = ((number * rows + down[:, None]) * columns + across) * ORIENTATIONS
    # The remainder of a division by pi may be rounded up to pi.
    first = cell + torch.where(lower < ORIENTATIONS, lower, 0).long()
    second = torch.where(lower < ORIENTATIONS - 1, first + 1, cell)
    # A sum into numbered places is quicker than nine pictures, of which most pixels are zero.
    sums = torch.zeros(count * rows * columns * ORIENTATIONS, dtype=strength.dtype, device=strength.device)
    for place, part in ((first, 1 - share), (second, share)):
        sums = sums.index_add(0, place.flatten(), (strength * part).flatten())
    return sums.view(count, rows, columns, ORIENTATIONS).permute(0, 3, 1, 2)
