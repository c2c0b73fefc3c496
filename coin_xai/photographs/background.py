"""Takes the background out of photographs: around the coin its own tone goes on, and nothing else is seen.

A network that is shown whole photographs tells clusters apart also by what lies around the coin, its shadow
and the edge of its flan; and a map that is right about the network is then of no use to a numismatist.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull

from coin_xai.photographs.flan import find_whole_flan
from coin_xai.photographs.pixels import Pixels

ARM_SHARE = 0.1
"""Half the width, in shares of the frame's shorter side, of what is too narrow to be a coin or part of it."""
LEAST_KEPT = 0.8
"""Share of what differs from the background that must be left without what is so narrow."""
LEAST_CONVEX = 0.9
"""Share of its convex hull that a coin fills, also a chipped one; less, and parts of the coin were missed."""
LEAST_ROUND = 0.65
"""Of width to height, or height to width: half a coin has less."""

MASK_CELLS = 64
"""Of the coin's mask, along the shorter side of the frame."""
TONE_CELLS = 16
"""The tone that goes on around the coin is as coarse as this."""
TONE_REACH = 0.08
"""Standard deviation, in shares of the frame, of the surroundings that a tone is the mean of."""
OWN_MEAN = 0.02
"""Weight of the mean of the whole coin, which takes over where the coin is far away."""

Outline = npt.NDArray[np.float32]
"""Corners of a convex polygon in shares of the frame, across and down (n x 2)."""


def outline_of(photograph: npt.NDArray[np.uint8]) -> Outline | None:
    """Return the convex outline of the coin in a photograph (H x W x 3), or None.

    None stands for no whole coin, and for one that was found with parts missing: what is cut off a coin by
    mistake cannot be explained, what is left around it can be seen.
    """
    flan = find_whole_flan(photograph)
    if flan is None:
        return None
    coin = _without_arms(flan.mask)
    if coin.sum() < LEAST_KEPT * flan.mask.sum():
        return None
    down, across = np.nonzero(coin)
    corners = np.concatenate(
        [np.stack([across + right, down + below], axis=1) for right in (0, 1) for below in (0, 1)]
    )
    hull, spans = ConvexHull(corners), np.ptp(corners, axis=0)
    # Of a plane hull the volume is the area.
    if coin.sum() < LEAST_CONVEX * hull.volume or spans.min() < LEAST_ROUND * spans.max():
        return None
    height, width = coin.shape
    outline: Outline = (corners[hull.vertices] / (width, height)).astype(np.float32)
    return outline


def _without_arms(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the largest part of a mask (H x W) that a disc reaches: grain and specks beside the coin go."""
    reach = ARM_SHARE * min(mask.shape)
    # Distances do what a large round brush would, in a fraction of its time.
    inner: npt.NDArray[np.bool_] = ndimage.distance_transform_edt(mask) > reach
    if not inner.any():
        return inner
    labels, _ = ndimage.label(ndimage.distance_transform_edt(~inner) <= reach)
    largest: npt.NDArray[np.bool_] = labels == 1 + np.bincount(labels.ravel())[1:].argmax()
    return largest


def find_outlines(pixels: Pixels, *, advance: Callable[[int], None] = lambda _: None) -> list[Outline | None]:
    """Return the outline of each coin, None where the whole photograph is to be seen.

    Args:
        pixels: the photographs.
        advance: called with the number of photographs done since the last call.
    """
    outlines = []
    for position in range(len(pixels)):
        outlines.append(outline_of(pixels[position]))
        advance(1)
    return outlines


class WithoutBackground(Pixels):
    """Photographs of which only the coin is left; read like any others, changed as they are read."""

    def __init__(self, pixels: Pixels, outlines: Sequence[Outline | None]) -> None:
        """Bind the outline of each photograph.

        Raises:
            ValueError: there are not as many outlines as photographs.
        """
        if len(outlines) != len(pixels):
            raise ValueError(f"{len(outlines)} outlines of {len(pixels)} photographs")
        super().__init__(pixels.data, pixels.offset, pixels.height, pixels.width)
        self.outlines = outlines

    def __getitem__(self, index: int) -> npt.NDArray[np.uint8]:
        photograph, outline = super().__getitem__(index), self.outlines[index]
        return photograph if outline is None else without_background(photograph, outline)


def without_background(photograph: npt.NDArray[np.uint8], outline: Outline) -> npt.NDArray[np.uint8]:
    """Return a photograph (H x W x 3) in which the coin's tone goes on beyond its outline.

    The tone at each place is the mean of the coin nearby (normalised convolution, Knutsson & Westin 1993), so
    that there is no edge where the coin ends. What lies beyond the outline has no influence.
    """
    picture = Image.fromarray(photograph)
    cell = max(1, min(picture.size) // MASK_CELLS)
    sides = picture.width / cell, picture.height / cell
    # Cells along the outline are half background; from the second one inwards the coin is shown.
    mask = np.clip(
        _depth((outline * sides).astype(np.float32), math.ceil(sides[0]), math.ceil(sides[1])) - 1, 0, 1
    )
    small = np.asarray(picture.reduce(cell), dtype=np.float32)
    height, width = mask.shape
    coin = np.concatenate([small * mask[..., None], mask[..., None]], axis=2)
    near = np.matmul(_nearby(width), (_nearby(height) @ coin.reshape(height, -1)).reshape(-1, width, 4))
    near += OWN_MEAN * coin.sum(axis=(0, 1)) / max(mask.sum(), 1)
    tone = np.rint(near[..., :3] / np.maximum(near[..., 3:], 1e-6)).astype(np.uint8)
    around = Image.fromarray(tone).resize(picture.size, Image.Resampling.BILINEAR)
    fading = Image.fromarray(np.rint(255 * mask).astype(np.uint8))
    shown = fading.resize(picture.size, Image.Resampling.BILINEAR, box=(0, 0, *sides))
    return np.asarray(Image.composite(picture, around, shown))


def _depth(corners: npt.NDArray[np.float32], width: int, height: int) -> npt.NDArray[np.float32]:
    """Return how far each cell of a grid lies inside of a convex polygon (n x 2, as of `ConvexHull`)."""
    edges = np.roll(corners, -1, axis=0) - corners
    inwards = np.stack([-edges[:, 1], edges[:, 0]], axis=1) / np.linalg.norm(edges, axis=1, keepdims=True)
    across = inwards[:, :1] * (np.arange(width, dtype=np.float32) + 0.5)
    down = inwards[:, 1:] * (np.arange(height, dtype=np.float32) + 0.5)
    down -= (inwards * corners).sum(axis=1, keepdims=True)
    depth: npt.NDArray[np.float32] = (across[:, None, :] + down[:, :, None]).min(axis=0)
    return depth


@lru_cache(maxsize=1024)
def _nearby(length: int) -> npt.NDArray[np.float32]:
    """Return the weights of a row of pixels in each coarse cell along it (TONE_CELLS x length)."""
    cells = (np.arange(TONE_CELLS) + 0.5) / TONE_CELLS
    places = (np.arange(length) + 0.5) / length
    weights = np.exp(-((cells[:, None] - places) ** 2) / (2 * TONE_REACH**2))
    shares: npt.NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
