"""What each coin shows whichever others there are, so that it can be kept when more coins come.

That is where its flan lies, the fine cells around it, by which it is laid over other coins, and its cells in
a frame, as it lies and turned for trial.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from coin_xai.common.blocks import by_blocks
from coin_xai.common.stages import Advance
from coin_xai.matching.alignment import Found, describe_fine
from coin_xai.matching.cells import AT_ONCE, describe_turned, without_common
from coin_xai.matching.cut_out import Frame, cut_out_some, frame_of
from coin_xai.matching.turning import TURN_DEG
from coin_xai.matching.windows import CELL_PX
from coin_xai.photographs.pixels import Pixels

CHUNK = 256
"""Coins: some seconds of a processor, 13 MB."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Turned:
    """Some coins as they lie, and turned for trial, 8 degrees clockwise and as many the other way.

    Attributes:
        cells: of each coin (n x 3 x 16 x 16 x 9).
        seen: how far each is seen (n x 3 x 16 x 16).
    """

    cells: Floats
    seen: Floats

    def less(self, common: Floats, rows: slice = slice(None)) -> list[Floats]:
        """Return the cells of some coins, each way, without what all coins show (n x 16 x 16 x 9 each)."""
        cells, seen = (np.array(one[rows]) for one in (self.cells, self.seen))
        return [without_common(cells[:, way], seen[:, way], common) for way in range(3)]


class Views(Protocol):
    """Tells what coins show, in chunks that follow each other.

    Each chunk may be made when it is asked for, as often as it is, and go when nobody holds it.
    """

    def find(self, pixels: Pixels, *, centre_crop: float, advance: Advance) -> Iterable[Found]:
        """Return where the flans lie, and the fine cells around them."""

    def turn(self, pixels: Pixels, frames: Sequence[Frame], *, advance: Advance) -> Iterable[Turned]:
        """Return what coins show in frames, as they lie and turned for trial."""


class FreshViews:
    """Looks at all coins, and keeps nothing."""

    def find(self, pixels: Pixels, *, centre_crop: float, advance: Advance) -> Sequence[Found]:
        """Return where the flans lie, and the fine cells around them."""
        return [find_some(pixels, some, centre_crop, advance) for some in chunks(len(pixels))]

    def turn(self, pixels: Pixels, frames: Sequence[Frame], *, advance: Advance) -> Sequence[Turned]:
        """Return what coins show in frames, as they lie and turned for trial."""
        return [turn_some(pixels, frames, some, advance) for some in chunks(len(frames))]


def chunks(count: int) -> Iterator[range]:
    """Yield the positions of each chunk."""
    return (range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK))


def find_some(pixels: Pixels, positions: Sequence[int], centre_crop: float, advance: Advance) -> Found:
    """Return where some flans lie, and the fine cells around them.

    Args:
        pixels: the photographs.
        positions: of those to look at.
        centre_crop: side of the central square that is looked at where no whole coin stands out, as a share
            of the shorter side.
        advance: called with the number of coins done since the last call.
    """
    # One after the other: of the many small steps of each, threads would wait for each other.
    frames = [frame_of(pixels[position], centre_crop=centre_crop) for position in positions]
    return describe_fine(pixels, positions, frames, advance=advance)


def turn_some(pixels: Pixels, frames: Sequence[Frame], positions: Sequence[int], advance: Advance) -> Turned:
    """Return what some coins show in their frames, as they lie and turned for trial.

    Args:
        pixels: the photographs (N).
        frames: where the coins lie in them (N).
        positions: of those to look at.
        advance: called with the number of coins done since the last call.
    """

    def look(rows: range) -> tuple[Floats, Floats]:
        some = [positions[row] for row in rows]
        grey, on_coin = cut_out_some([pixels[one] for one in some], [frames[one] for one in some])
        turns = (0, -TURN_DEG, TURN_DEG)
        cells, seen = describe_turned(grey, on_coin, turns, cell_px=CELL_PX)
        return cells.numpy(), seen.numpy()

    made = []
    for rows, found in by_blocks(look, len(positions), size=AT_ONCE):
        made.append(found)
        advance(len(rows))
    return Turned(*(np.concatenate(one) for one in zip(*made, strict=True)))
