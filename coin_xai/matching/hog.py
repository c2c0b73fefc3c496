"""Histograms of oriented gradients (Dalal & Triggs 2005): a description that nothing had to learn."""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from coin_xai.photographs.pixels import Pixels

SIZE_PX = 128
CELL_PX = 16
ORIENTATIONS = 9
BINS = 2 * ORIENTATIONS + 2
"""Of a cell: angles of -180 to 180 degrees, of which the last shares with the next."""
BLOCK_CELLS = 2
LENGTH = (SIZE_PX // CELL_PX - BLOCK_CELLS + 1) ** 2 * BLOCK_CELLS**2 * ORIENTATIONS
# Below this length a block holds no contrast worth blowing up.
SMALLEST_NORM = 1e-3
LUMA = np.array([0.299, 0.587, 0.114], dtype=np.float32)


def extract_hog(
    pixels: Pixels, *, centre_crop: float, advance: Callable[[int], None] = lambda _: None
) -> npt.NDArray[np.float32]:
    """Return the descriptor of the central square of each photograph (N x 1764)."""
    descriptors = np.empty((len(pixels), LENGTH), dtype=np.float32)
    for position in range(len(pixels)):
        (square,) = pixels.centre_squares(np.array([position]), size_px=SIZE_PX, crop=centre_crop)
        descriptors[position] = hog((square.transpose(1, 2, 0) @ LUMA) / 255)
        advance(1)
    return descriptors


def hog(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the descriptor of one grey picture (H x W, sides multiples of 16 pixels, 0..1).

    Each block of 2 x 2 cells of 16 x 16 pixels is divided by its length.
    """
    cells = histograms(torch.from_numpy(grey)[None], cell_px=CELL_PX)[0].numpy()
    blocks = np.lib.stride_tricks.sliding_window_view(cells, (BLOCK_CELLS, BLOCK_CELLS), axis=(0, 1))
    flat = blocks.reshape(-1, ORIENTATIONS * BLOCK_CELLS**2)
    lengths = np.sqrt((flat**2).sum(axis=1, keepdims=True) + SMALLEST_NORM**2)
    descriptor: npt.NDArray[np.float32] = (flat / lengths).ravel().astype(np.float32)
    return descriptor


def histograms(grey: Tensor, *, cell_px: int) -> Tensor:
    """Return the strength of the gradients in each cell by direction (... x rows x columns x 9).

    Light to dark counts as dark to light; a gradient between two of the nine directions is shared by them.

    Args:
        grey: pictures (... x H x W), sides multiples of the cell's, 0..1.
        cell_px: side of a cell.
    """
    height, width = grey.shape[-2:]
    rows, columns = height // cell_px, width // cell_px
    found = by_place(*gradients(grey), _cells(height, width, cell_px), rows * columns)
    return found.view(*grey.shape[:-2], rows, columns, ORIENTATIONS)


def gradients(grey: Tensor) -> tuple[Tensor, Tensor]:
    """Return how strong the gradient at each pixel is, and its direction (... x H x W each).

    Directions are in units of the distance between two of the nine, from 0 to 18; 9 and 18 are 0 again.
    """
    down, right = torch.gradient(grey, dim=(-2, -1))
    strength = (down**2 + right**2).sqrt()
    return strength, torch.atan2(down, right) * (ORIENTATIONS / math.pi) + ORIENTATIONS


def by_place(strength: Tensor, direction: Tensor, places: Tensor, count: int) -> Tensor:
    """Return the strength of the gradients at each place by direction (... x count x 9).

    Args:
        strength: of each pixel (... x H x W).
        direction: of each, from 0 up to 19, as `gradients` tells it.
        places: that each pixel lies in (H * W); what lies in the place `count` is left out.
        count: how many places there are.
    """
    lower = direction.floor()
    to_next = (direction - lower) * strength
    place = lower.flatten(-2).long().add_(places * BINS).view(-1, len(places))
    strengths = strength.new_zeros(len(place), (count + 1) * BINS)
    strengths.scatter_add_(1, place, (strength - to_next).view_as(place))
    strengths[:, 1:].scatter_add_(1, place, to_next.view_as(place))
    bins = strengths.view(*strength.shape[:-2], count + 1, BINS)[..., :count, :]
    found = bins[..., :ORIENTATIONS] + bins[..., ORIENTATIONS : 2 * ORIENTATIONS]
    found[..., : BINS - 2 * ORIENTATIONS] += bins[..., 2 * ORIENTATIONS :]
    return found


@lru_cache
def _cells(height: int, width: int, cell_px: int) -> Tensor:
    """Return the number of the cell that each pixel lies in (H * W)."""
    down, right = torch.arange(height)[:, None] // cell_px, torch.arange(width) // cell_px
    return (down * (width // cell_px) + right).flatten()
