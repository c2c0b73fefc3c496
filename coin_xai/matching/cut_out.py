"""Cuts coins out of their photographs, each by the square in which it lies like the others.

What depends on the size of a photograph is done coin by coin, all else for some coins at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

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
BAND_PX = 8
"""A square is resampled in bands of so many pixels: each is made of few of the photograph's."""

Photograph = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


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


def cut_out(photograph: Photograph, frame: Frame) -> tuple[Floats, Floats]:
    """Return a coin alone, in grey (128 x 128, 0..1), and which share of each pixel is coin (128 x 128).

    Args:
        photograph: H x W x 3.
        frame: where the coin lies in it.
    """
    grey, on_coin = cut_out_some([photograph], [frame])
    return grey[0].numpy(), on_coin[0].numpy()


def cut_out_some(photographs: Sequence[Photograph], frames: Sequence[Frame]) -> tuple[Tensor, Tensor]:
    """Return coins alone, in grey (n x 128 x 128, 0..1), and which share of each pixel is coin.

    Around a coin its own tone goes on, so that there is no edge where it ends. No number of a coin depends on
    which others it is cut out with.

    Args:
        photographs: of the coins (n, each H x W x 3).
        frames: where each coin lies in its own (n).
    """
    squares = torch.zeros(len(frames), 2, WIDE_PX, WIDE_PX)
    for square, photograph, frame in zip(squares, photographs, frames, strict=True):
        size = WIDE_PX if frame.turn_deg else SIZE_PX
        square[:, _middle(size), _middle(size)] = torch.from_numpy(_as_it_lies(photograph, frame, size))
    grey, share = _turned(squares, np.array([frame.turn_deg for frame in frames])).unbind(dim=1)
    share[torch.tensor([frame.mask is None for frame in frames])] = 1
    inner = eroded(share, RIM_PX)
    own = grey * inner
    tone, spread = blurred(torch.stack([own, inner]), FILLING_PX)
    return own + (1 - inner) * (tone / (spread + 1e-3)).clamp_min(0), share


def eroded(pictures: Tensor, size_px: int) -> Tensor:
    """Return the least value around each pixel (... x h x w).

    Args:
        pictures: any number of them (... x h x w).
        size_px: side of the square around it, odd; what of it lies beyond the picture does not count.
    """
    reach = size_px // 2
    for axis, around in ((-1, (reach, reach)), (-2, (0, 0, reach, reach))):
        padded, length = F.pad(pictures, around, value=torch.inf), pictures.shape[axis]
        pictures = reduce(torch.minimum, [padded.narrow(axis, step, length) for step in range(size_px)])
    return pictures


def _middle(size: int) -> slice:
    return slice((WIDE_PX - size) // 2, (WIDE_PX + size) // 2)


def _as_it_lies(photograph: Photograph, frame: Frame, size: int) -> Floats:
    """Return a frame in grey, not turned, and which share of each pixel is coin, if known (2 x size x size).

    Beyond the photograph its edge goes on, which is no coin.

    Args:
        photograph: H x W x 3.
        frame: of 128 pixels.
        size: pixels that are cut out around its middle.
    """
    square, (height, width) = frame.moved(0, 0, scale=size / SIZE_PX), photograph.shape[:2]
    right, bottom = square.left + square.side, square.top + square.side
    beyond = math.ceil(max(0, -square.left, -square.top, right - width, bottom - height))
    down = _Bands.of(square.top, square.side, height, size, beyond=beyond)
    across = _Bands.of(square.left, square.side, width, size, beyond=beyond)
    (top, rows), (left, columns) = down.needed, across.needed
    inside = photograph[top : rows.max() + top + 1, left : columns.max() + left + 1]
    grey = np.asarray(inside.reshape(-1, 3).astype(np.float32) @ (LUMA / 255), np.float32)
    grey = grey.reshape(inside.shape[:2])
    found = np.zeros((2, size, size), np.float32)
    found[0] = across.resample(np.ascontiguousarray(down.resample(grey[rows]).T)[columns]).T
    if frame.mask is not None:
        # The mask is enlarged to the photograph, and the square cut out of that.
        of_rows = down.resample(down.where_there(_enlarging(frame.mask.shape[0], height)))
        of_columns = across.resample(across.where_there(_enlarging(frame.mask.shape[1], width)))
        found[1] = of_rows @ frame.mask.astype(np.float32) @ of_columns.T
    return found


class _Bands(NamedTuple):
    """How a part of a line of pixels is resampled: in bands, each from the few pixels that it is made of.

    Attributes:
        places: of these pixels in the line (bands x p).
        inside: 1 if they are there, 0 beyond the line's ends, where its last pixel is taken (bands x p).
        weights: of these pixels in each that is made (bands x pixels of a band x p).
    """

    places: npt.NDArray[np.int64]
    inside: Floats
    weights: Floats

    @classmethod
    def of(
        cls, start: float, side: float, length: int, size: int, *, beyond: int = 0, band_px: int = BAND_PX
    ) -> Self:
        """Resample as Pillow's bilinear filter does.

        Args:
            start, side: of the part, in pixels.
            length: of the line.
            size: pixels to make, a multiple of those of a band.
            beyond: how many pixels there are taken to be before and after the line.
            band_px: pixels to make in a band.
        """
        scale = side / size
        reach = max(scale, 1)
        centres = (start + (np.arange(size) + 0.5) * scale).reshape(-1, band_px)
        first = np.floor(centres[:, :1] - reach - 0.5).astype(np.int64)
        pixels = first + np.arange(math.ceil((band_px - 1) * scale + 2 * reach) + 2)
        weights = np.maximum(1 - np.abs(pixels[:, None] + 0.5 - centres[..., None]) / reach, 0)
        weights *= ((pixels >= -beyond) & (pixels < length + beyond))[:, None]
        weights /= weights.sum(axis=-1, keepdims=True)
        places = pixels.clip(0, length - 1)
        return cls(places, (places == pixels).astype(np.float32), weights.astype(np.float32))

    @property
    def needed(self) -> tuple[int, npt.NDArray[np.int64]]:
        """The first pixel that is needed, and all places counted from there."""
        first = int(self.places.min())
        return first, self.places - first

    def where_there(self, lines: Floats) -> Floats:
        """Return what lines (length x m) hold at the places, nothing beyond their ends (bands x p x m)."""
        return np.asarray(lines[self.places] * self.inside[..., None], np.float32)

    def resample(self, lines: Floats) -> Floats:
        """Return some lines, resampled (size x m), of what they hold at the places (bands x p x m)."""
        return (self.weights @ lines).reshape(-1, lines.shape[-1])


@lru_cache(maxsize=8)
def _enlarging(length: int, size: int) -> Floats:
    """Return the matrix that resamples a whole line, kept for photographs of one size (size x length)."""
    bands = _Bands.of(0, length, length, size, band_px=size)
    return bands.resample(np.eye(length, dtype=np.float32)[bands.places])


def _turned(squares: Tensor, degrees: npt.NDArray[np.float64]) -> Tensor:
    """Return the middle of pictures, turned counter-clockwise about their centres (n x c x 128 x 128).

    Args:
        squares: the pictures (n x c x 184 x 184).
        degrees: by how much to turn each (n).
    """
    middle = squares[..., _middle(SIZE_PX), _middle(SIZE_PX)]
    if not degrees.any():
        return middle
    different, which = np.unique(degrees, return_inverse=True)
    angle = torch.from_numpy(np.radians(different))[:, None, None]
    cosine, sine = angle.cos().float(), angle.sin().float()
    place = (2 * torch.arange(SIZE_PX) + 1 - SIZE_PX) / WIDE_PX
    down, across = place[:, None], place
    come_from = torch.stack([cosine * across - sine * down, sine * across + cosine * down], dim=-1)
    turned = F.grid_sample(squares, come_from[torch.from_numpy(which)], mode="bilinear", align_corners=False)
    as_they_lie = torch.from_numpy(degrees == 0)
    turned[as_they_lie] = middle[as_they_lie]
    return turned
