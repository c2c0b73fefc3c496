"""Cuts coins out of their photographs, each by the square in which it lies like the others."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from coin_xai.matching.blur import blurred
from coin_xai.matching.hog import LUMA
from coin_xai.photographs.flan import find_whole_flan
from coin_xai.photographs.pixels import centre_square_box
from coin_xai.photographs.square import Square

SIZE_PX = 128
WIDE_PX = 184
"""Side of the square that a turned one is cut from: as long as its diagonal."""

RIM_PX = 5
"""Width of the rim that is left out: its edge is the strongest of all and shows how the flan was cut."""
FILLING_PX = 6
"""How far the coin's tone reaches over what is left out, so that no edge is where the coin ends."""

Floats = npt.NDArray[np.float32]
Cut = tuple[Floats, Floats]


@dataclass(frozen=True)
class Frame(Square):
    """The square of a photograph in which its coin is compared with others.

    Attributes:
        mask: True on the coin (h x w), of the whole photograph, on a smaller scale; None: coin everywhere.
        at_any_angle: whether it was turned like coins that were compared with it at any angle.
        standing: share of pairs in the collection that are alike as they lie, where that decided it.
    """

    mask: npt.NDArray[np.bool_] | None = None
    at_any_angle: bool = False
    standing: float | None = None


def frame_of(photograph: npt.NDArray[np.uint8], *, centre_crop: float) -> Frame:
    """Return the square around the flan; around the middle of the photograph where no whole coin stands out.

    Args:
        photograph: H x W x 3.
        centre_crop: side of that middle square as a share of the shorter side.
    """
    flan = find_whole_flan(photograph)
    if flan is None:
        left, top, side = centre_square_box(*photograph.shape[:2], crop=centre_crop)
        return Frame(left, top, side)
    (across, down), radius = flan.centre, flan.radius
    return Frame(across - radius, down - radius, 2 * radius, mask=flan.mask)


def cut_out(photograph: npt.NDArray[np.uint8], frame: Frame) -> Cut:
    """Return a coin alone, in grey (128 x 128, 0..1), and which share of each pixel is coin (128 x 128).

    Around the coin its own tone goes on, so that there is no edge where it ends.

    Args:
        photograph: H x W x 3.
        frame: where the coin lies in it.
    """
    (cut,) = cut_out_turned(photograph, frame, (0,))
    return cut


def cut_out_turned(
    photograph: npt.NDArray[np.uint8], frame: Frame, turns_deg: Sequence[float]
) -> Iterator[Cut]:
    """Yield what `cut_out` returns of a frame that is turned by each of some degrees counter-clockwise."""
    turns = [frame.turn_deg + by for by in turns_deg]
    size = WIDE_PX if any(turns) else SIZE_PX
    wide = frame.moved(0, 0, scale=size / SIZE_PX)
    grey, on_coin = _grey(photograph, wide, size), _on_coin(photograph.shape[:2], wide, size)
    for degrees in turns:
        own = _turned(grey, degrees)
        if on_coin is None:
            yield own, np.ones_like(own)
            continue
        share = _turned(on_coin, degrees)
        inner = ndimage.grey_erosion(share, RIM_PX)
        spread = blurred(inner, FILLING_PX) + 1e-3
        yield own * inner + (1 - inner) * blurred(own * inner, FILLING_PX) / spread, share


def _grey(photograph: npt.NDArray[np.uint8], square: Square, size: int) -> Floats:
    """Return a square of a photograph as it lies, in grey (size x size); beyond it, its edge goes on."""
    beyond = _beyond(square, *photograph.shape[:2])
    (top, rows), (left, columns) = (
        _looked_at(start, square.side, length, beyond)
        for start, length in zip((square.top, square.left), photograph.shape, strict=False)
    )
    inside = photograph[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    grey = inside.reshape(-1, 3).astype(np.float32) @ (LUMA / 255)
    grey = grey.reshape(inside.shape[:2])
    if beyond:
        grey = grey[(rows - rows[0])[:, None], columns - columns[0]]
    box = (left, top, left + square.side, top + square.side)
    return np.asarray(Image.fromarray(grey).resize((size, size), Image.Resampling.BILINEAR, box=box))


def _beyond(square: Square, height: int, width: int) -> int:
    """Return by how many pixels a square reaches beyond a photograph at most."""
    right, bottom = square.left + square.side, square.top + square.side
    return math.ceil(max(0, -square.left, -square.top, right - width, bottom - height))


def _looked_at(start: float, side: float, length: int, beyond: int) -> tuple[float, npt.NDArray[np.int64]]:
    """Return where a part of a line begins among the pixels that it is resampled from, and these pixels.

    Beyond the line its last pixel is taken again and again.
    """
    reach = side / SIZE_PX + 1
    first, last = (
        max(math.floor(start - reach), -beyond),
        min(math.ceil(start + side + reach), length + beyond),
    )
    return start - first, np.arange(first, last).clip(0, length - 1)


def _on_coin(shape: tuple[int, int], frame: Frame, size: int) -> Floats | None:
    """Return which share of each pixel of a square is coin as it lies (size x size); None: nobody knows.

    The mask is enlarged to the photograph's height and width, `shape`, and the square cut out of that.
    """
    if frame.mask is None:
        return None
    beyond = _beyond(frame, *shape)
    down, across = (
        _resampling(start, frame.side, length, size, beyond) @ _enlarging(of_mask, length)
        for start, length, of_mask in zip((frame.top, frame.left), shape, frame.mask.shape, strict=True)
    )
    on_coin: Floats = down @ frame.mask.astype(np.float32) @ across.T
    return on_coin


def _resampling(start: float, side: float, length: int, size: int, beyond: int = 0) -> Floats:
    """Return the matrix that resamples a part of a line as Pillow's bilinear filter does (size x length).

    Args:
        start, side: of the part, in pixels.
        length: of the line.
        size: pixels to make.
        beyond: how many pixels before and after the line are zero.
    """
    scale = side / size
    centres = start + (np.arange(size, dtype=np.float32) + 0.5) * scale
    weights = np.arange(-beyond, length + beyond, dtype=np.float32) + 0.5 - centres[:, None]
    np.abs(weights, out=weights)
    weights /= -max(scale, 1)
    weights += 1
    np.maximum(weights, 0, out=weights)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights[:, beyond : beyond + length]


@lru_cache(maxsize=8)
def _enlarging(length: int, size: int) -> Floats:
    """Return the matrix that resamples a whole line, kept for photographs of one size (size x length)."""
    return _resampling(0, length, length, size)


def _turned(picture: Floats, degrees: float) -> Floats:
    """Return the middle of a picture, turned counter-clockwise about its centre (128 x 128)."""
    near, far = (len(picture) - SIZE_PX) // 2, (len(picture) + SIZE_PX) // 2
    if not degrees:
        return picture[near:far, near:far]
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    # Where the first pixel of the result comes from; Pillow counts from the corners of pixels.
    across, down = (
        len(picture) / 2 - SIZE_PX / 2 * (cosine - sine),
        len(picture) / 2 - SIZE_PX / 2 * (cosine + sine),
    )
    places = (cosine, -sine, across, sine, cosine, down)
    turned = Image.fromarray(picture).transform(
        (SIZE_PX, SIZE_PX), Image.Transform.AFFINE, places, Image.Resampling.BILINEAR
    )
    return np.asarray(turned)
