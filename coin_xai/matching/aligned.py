"""Photographs in which every coin lies and stands like the others, and nothing else is seen."""

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np
import numpy.typing as npt

from coin_xai.matching.cut_out import SIZE_PX, Frame, cut_out, cut_out_some
from coin_xai.photographs.pixels import CHANNELS, Pixels

MOST_KEPT = 8192
"""Coins that are kept once they are cut out: 134 MB."""


class Aligned(Pixels):
    """Coins cut out of their photographs, in grey, 128 x 128 x 3; read like any other photographs.

    All of it is what a network sees, so there is no central square of it. What parts of coins are compared
    by, `cells`, is made of the same pictures.

    Attributes:
        frames: where each coin lies in its photograph.
        cut_out: returns the coin at a position (128 x 128, grey), as `cut_grey` cuts it.
    """

    def __init__(
        self,
        pixels: Pixels,
        frames: Sequence[Frame],
        *,
        cut_out: Callable[[int], npt.NDArray[np.uint8]] | None = None,
    ) -> None:
        """Bind where each coin lies.

        Args:
            pixels: the photographs.
            frames: where the coin lies in each.
            cut_out: returns what `cut_grey` makes of one of them, where somebody keeps that.

        Raises:
            ValueError: there are not as many frames as photographs.
        """
        if len(frames) != len(pixels):
            raise ValueError(f"{len(frames)} frames of {len(pixels)} photographs")
        super().__init__(pixels.data, pixels.offset, pixels.height, pixels.width)
        self.frames, self._kept = frames, cut_out is not None
        # Of no method, or it would keep this object alive.
        self.cut_out = cut_out or lru_cache(MOST_KEPT)(partial(_cut, pixels, frames))

    def cut_outs(self, positions: Sequence[int]) -> npt.NDArray[np.uint8]:
        """Return some coins as `cut_out` does each, together in half the time (n x 128 x 128)."""
        if self._kept:
            return np.stack([self.cut_out(position) for position in positions])
        photographs = [Pixels.__getitem__(self, position) for position in positions]
        grey, _on_coin = cut_out_some(photographs, [self.frames[position] for position in positions])
        return in_bytes(grey.numpy())

    def __getitem__(self, index: int) -> npt.NDArray[np.uint8]:
        return np.broadcast_to(self.cut_out(int(index))[..., None], (SIZE_PX, SIZE_PX, CHANNELS))

    def centre_squares(
        self,
        indices: npt.NDArray[np.int64],
        *,
        size_px: int,
        crop: float = 1.0,  # noqa: ARG002
    ) -> npt.NDArray[np.uint8]:
        """Return the coins, resized; `crop` has done its part where frames were found."""
        return super().centre_squares(indices, size_px=size_px)


def cut_grey(photograph: npt.NDArray[np.uint8], frame: Frame) -> npt.NDArray[np.uint8]:
    """Return a coin alone, in grey (128 x 128).

    Args:
        photograph: H x W x 3.
        frame: where the coin lies in it.
    """
    grey, _on_coin = cut_out(photograph, frame)
    return in_bytes(grey)


def in_bytes(grey: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Return pictures of 0..1 as bytes."""
    coins: npt.NDArray[np.uint8] = np.rint(255 * grey).astype(np.uint8)
    return coins


def _cut(pixels: Pixels, frames: Sequence[Frame], index: int) -> npt.NDArray[np.uint8]:
    return cut_grey(pixels[index], frames[index])
