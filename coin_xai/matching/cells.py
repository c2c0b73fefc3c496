"""Describes the relief of a coin as a grid of cells: how strong edges of each direction are in each.

What the photographer chose is taken out: what lies around the flan, the coin's tone and contrast, and, as far
as one picture allows, where the lamp stood, which shows in the directions that are strong all over the coin.
What the coins of a collection have in common, such as a cross, can be taken off each.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from coin_xai.matching.blur import blurred
from coin_xai.matching.cut_out import SIZE_PX, Frame, Photograph, cut_out_some
from coin_xai.matching.hog import ORIENTATIONS, by_place, gradients, histograms

Floats = npt.NDArray[np.float32]

BLUR_PX = 1.0
AT_ONCE = 8
"""Coins that are described at once: of more, pictures leave the cache of a processor."""

LEAST_SEEN = 0.8
"""Share of a cell that must lie on the coin for it to say anything."""

CONTRAST_PX = 8
"""Standard deviation of the surroundings by whose strength of edges a cell is divided."""
OWN_CONTRAST, SMALLEST_CONTRAST = 0.5, 1e-4
"""Added to that: a share of the whole coin's strength, so that noise in an empty field stays small."""
EVEN_DIRECTIONS = 0.1


def describe_cells(
    photographs: Sequence[Photograph], frames: Sequence[Frame], *, cell_px: int
) -> tuple[Tensor, Tensor]:
    """Return the cells of some coins (N x n x n x 9) and how far each is seen (N x n x n, 0..1).

    A cell that is not seen is zero.

    Args:
        photographs: of the coins (N, each H x W x 3).
        frames: where each coin lies in its own (N).
        cell_px: side of a cell; n = 128 / cell_px.
    """
    return describe_cut(*cut_out_some(photographs, frames), cell_px=cell_px)


def describe_cut(grey: Tensor, on_coin: Tensor, *, cell_px: int) -> tuple[Tensor, Tensor]:
    """Return what `describe_cells` does of coins that are cut out already.

    Args:
        grey: the coins (... x 128 x 128, 0..1).
        on_coin: which share of each pixel is coin (... x 128 x 128).
        cell_px: side of a cell.
    """
    several, cells = on_coin.shape[:-2], SIZE_PX // cell_px
    rows = on_coin.reshape(*several, cells, cell_px, SIZE_PX).mean(dim=-2)
    share = rows.reshape(*several, cells, cells, cell_px).mean(dim=-1)
    return _as_far_as_seen(histograms(blurred(grey, BLUR_PX), cell_px=cell_px), share, cell_px)


def describe_turned(
    grey: Tensor, on_coin: Tensor, turns_deg: Sequence[float], *, cell_px: int
) -> tuple[Tensor, Tensor]:
    """Return about what `describe_cut` does of coins that are turned, each by the same angles.

    Pixels are not resampled: each gradient counts, in its new direction, where its pixel comes to lie. So a
    coin is cut out once, and its gradients are taken once, whatever the number of turns.

    Args:
        grey: the coins (n x 128 x 128, 0..1).
        on_coin: which share of each pixel is coin (n x 128 x 128).
        turns_deg: by how much the coins are turned counter-clockwise (t).
        cell_px: side of a cell; c = 128 / cell_px.

    Returns:
        Cells (n x t x c x c x 9) and how far each is seen (n x t x c x c).
    """
    strength, direction = gradients(blurred(grey, BLUR_PX))
    cells = SIZE_PX // cell_px
    strengths, shares = [], []
    for degrees in turns_deg:
        places, pixels = _turned_places(degrees, cell_px)
        steps, rest = divmod(-degrees * ORIENTATIONS / 180, 1)
        found = by_place(strength, direction + rest, places, cells**2).roll(int(steps), dims=-1)
        share = torch.zeros(len(grey), cells**2 + 1).index_add_(1, places, on_coin.flatten(1))
        strengths.append(found * (cell_px**2 / pixels)[:, None])
        shares.append(share[:, :-1] / pixels)
    shape = (len(grey), len(turns_deg), cells, cells)
    return _as_far_as_seen(
        torch.stack(strengths, dim=1).view(*shape, ORIENTATIONS),
        torch.stack(shares, dim=1).view(shape),
        cell_px,
    )


@lru_cache
def _turned_places(degrees: float, cell_px: int) -> tuple[Tensor, Tensor]:
    """Return in which cell each pixel comes to lie (128 * 128), and how many come to lie in each (c * c).

    What comes to lie beyond the square has the number c * c.
    """
    cells = SIZE_PX // cell_px
    down, across = np.mgrid[:SIZE_PX, :SIZE_PX] - (SIZE_PX - 1) / 2
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    turned = np.stack([cosine * down - sine * across, cosine * across + sine * down])
    row, column = np.floor((turned + SIZE_PX / 2) / cell_px).astype(np.int64)
    inside = (np.minimum(row, column) >= 0) & (np.maximum(row, column) < cells)
    places = torch.from_numpy(np.where(inside, row * cells + column, cells**2).ravel())
    return places, places.bincount(minlength=cells**2 + 1)[:-1].clamp_min(1)


def _as_far_as_seen(strengths: Tensor, share: Tensor, cell_px: int) -> tuple[Tensor, Tensor]:
    """Return cells with light and contrast taken out, and how far each is seen, by its share of coin."""
    seen = ((share - LEAST_SEEN) / (1 - LEAST_SEEN)).clamp(0, 1)
    return _evened(strengths, seen, CONTRAST_PX / cell_px) * seen[..., None], seen


def fading_to_the_rim(cells: int) -> npt.NDArray[np.float32]:
    """Return how much each cell of a square counts: all of it in the middle, a fifth at the rim (n x n)."""
    down, across = (np.indices((cells, cells)) + 0.5) / cells * 2 - 1
    fading: npt.NDArray[np.float32] = np.clip(1.2 - np.hypot(down, across), 0, 1).astype(np.float32)
    return fading


def _evened(strengths: Tensor, seen: Tensor, reach: float) -> Tensor:
    """Divide each cell by the contrast around it, and each direction by its strength all over the coin."""
    energy, total = (strengths**2).sum(dim=-1) * seen, seen.sum(dim=(-2, -1))[..., None, None] + 1e-6
    around = blurred(energy, reach) / (blurred(seen, reach) + 1e-3)
    of_coin = energy.sum(dim=(-2, -1))[..., None, None] / total
    contrast = (around + OWN_CONTRAST * of_coin + SMALLEST_CONTRAST).sqrt()
    relative = strengths / contrast[..., None]
    direction = (relative * seen[..., None]).sum(dim=(-3, -2)) / total[..., 0] + 1e-6
    mean = direction.mean(dim=-1, keepdim=True)
    return relative * (mean / (direction + EVEN_DIRECTIONS * mean))[..., None, None, :]


def common_of(cells: Floats, seen: Floats) -> Floats:
    """Return the mean of the coins that show a cell (n x n x 9)."""
    common: Floats = cells.sum(axis=0) / (seen.sum(axis=0)[..., None] + 1e-6)
    return common


def without_common(cells: Floats, seen: Floats, common: Floats) -> Floats:
    """Take off what each coin shows of the mean, and of its level, in place; cells fade towards the rim.

    A worn coin shows a cross less than others do. If the same were taken off each, all worn coins would have
    the missing rest of it in common.
    """
    fading = fading_to_the_rim(cells.shape[1])[..., None]
    for one, visible in zip(cells, seen, strict=True):
        level = np.broadcast_to(visible[..., None], one.shape) * fading
        pattern = _less(common * level, level)
        one[:] = _less(_less(one * fading, level), pattern)
    return cells


def _less(cells: Floats, pattern: Floats) -> Floats:
    """Return the cells of a coin without what is along a pattern."""
    rest: Floats = cells - pattern * ((cells * pattern).sum() / ((pattern**2).sum() + 1e-6))
    return rest
