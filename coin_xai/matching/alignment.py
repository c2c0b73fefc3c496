"""Lays coins over each other by what they share, so that the same part of a die lies at the same place.

A die is struck off the flan's centre. What a collection has in common, a cross, a border, a ground line,
shows where it is: coins are shifted to agree with their mean, the mean is taken anew, a few times over. It is
the congealing of Learned-Miller 2006 (Data driven image models through continuous joint alignment), of shifts
alone, by cross-correlation. Turns are found otherwise (`turning`): what all coins share often fixes no angle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from coin_xai.common.blocks import by_blocks
from coin_xai.common.stages import Advance
from coin_xai.matching.blur import blurred
from coin_xai.matching.cells import AT_ONCE, describe_cells
from coin_xai.matching.cut_out import SIZE_PX, Frame, eroded
from coin_xai.photographs.pixels import Pixels

CELL_PX = 4
CELLS = SIZE_PX // CELL_PX
MARGIN = 1.3
"""Side of the square that is looked at as a share of the frame's, so that something is seen when it moves."""

ROUNDS = 3
REACH_CELLS = 11
SPAN = (48, 48)
"""Cells that are transformed, 43 or more: with fewer, what leaves at one edge would come in at the other."""
DISTANCE_COST = 0.3
"""Taken off the cosine for a shift by the whole square."""
MOST_IN_MEAN = 2000
"""Coins that the mean is taken of: more would change it little and cost memory."""
BLUR_CELLS = 1.0
RIM_CELLS = 3
"""Side of the square of cells that must all be seen, so that the edge of the flan is left out."""
BLOCK = 64
# Where fewer than this share of the coins show a cell, its mean shrinks towards nothing.
LEAST_SHARE = 0.05

Floats = npt.NDArray[np.float32]
Halves = npt.NDArray[np.float16]


class _Waves(NamedTuple):
    """Grids of cells by frequency, in which one product tells how they agree at all shifts.

    Attributes:
        cells: of some coins or of a mean (... x 9 x 48 x 25, complex).
        weights: how far each cell is seen, or of a mean the square of each (... x 48 x 25, complex).
    """

    cells: Tensor
    weights: Tensor

    @classmethod
    def of(cls, cells: Floats, weights: Floats) -> Self:
        """Transform some grids (... x 32 x 32 x 9, and ... x 32 x 32)."""
        return cls(
            torch.fft.rfft2(torch.from_numpy(cells).movedim(-1, -3), s=SPAN),
            torch.fft.rfft2(torch.from_numpy(weights), s=SPAN),
        )

    @classmethod
    def of_mean(cls, mean: Floats) -> Self:
        """Transform a mean (32 x 32 x 9) and the square of each of its cells."""
        return cls.of(mean, (mean**2).sum(axis=-1))


@dataclass(frozen=True)
class Found:
    """Where some flans lie, and what is around them on a fine grid, which is a little wider than they are.

    Attributes:
        frames: of the flans (n).
        cells: of edges, in half precision, since all that follows are shifts by cells (n x 32 x 32 x 9).
        seen: how far each is seen (n x 32 x 32).
    """

    frames: Sequence[Frame]
    cells: Halves
    seen: Halves

    def of(self, rows: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
        """Return the cells of some coins, and how far each is seen."""
        return self.cells[rows].astype(np.float32), self.seen[rows].astype(np.float32)


def align(found: Iterable[Found]) -> list[Frame]:
    """Return the frame of each coin, moved to where the coin agrees best with the others (N).

    Args:
        found: coins as they were found in their photographs, in chunks that follow each other (N in all);
            gone through three times.
    """
    ends = np.cumsum([0, *(len(some.frames) for some in found)])
    sample = np.linspace(0, ends[-1] - 1, min(ends[-1], MOST_IN_MEAN)).astype(np.int64)
    there = [sample[(sample >= start) & (sample < end)] - start for start, end in pairwise(ends)]
    of_sample = [some.of(rows) for some, rows in zip(found, there, strict=True)]
    cells, seen = (np.concatenate(one) for one in zip(*of_sample, strict=True))
    del of_sample
    shifts = np.zeros((len(sample), 2), dtype=np.int64)
    waves, length = _Waves.of(cells, seen), _lengths(cells)
    for _ in range(ROUNDS):
        shifts = _best_shifts(waves, length, _Waves.of_mean(_mean(cells, seen, shifts)))
        # Nothing but the others says where a coin belongs: all of them together must not wander.
        shifts -= np.round(np.median(shifts, axis=0)).astype(np.int64)
    del waves
    mean = _Waves.of_mean(_mean(cells, seen, shifts))
    return [frame for some in found for frame in _moved(some, mean)]


def align_with(
    pixels: Pixels, frames: Sequence[Frame], others: Pixels, known: Sequence[Frame]
) -> list[Frame]:
    """Return the frame of each photograph, moved to where the coin agrees best with coins laid over before.

    Args:
        pixels: the photographs (n).
        frames: of the flans (n).
        others: photographs of the coins that lie over each other already (N).
        known: where these lie (N).
    """
    sample = np.linspace(0, len(known) - 1, min(len(known), MOST_IN_MEAN)).astype(int).tolist()
    there = describe_fine(others, sample, [known[one] for one in sample])
    mean = _mean(*there.of(np.arange(len(sample))), np.zeros((len(sample), 2), dtype=np.int64))
    return _moved(describe_fine(pixels, range(len(frames)), frames), _Waves.of_mean(mean))


def _moved(found: Found, mean: _Waves) -> list[Frame]:
    """Return the frames of coins, moved to where the mean fits best."""
    frames: list[Frame] = []
    for start in range(0, len(found.frames), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(found.frames)))
        cells, seen = found.of(rows)
        shifts = _best_shifts(_Waves.of(cells, seen), _lengths(cells), mean).tolist()
        for frame, (down, right) in zip(found.frames[start : start + BLOCK], shifts, strict=True):
            wide = frame.moved(0, 0, scale=MARGIN)
            frames.append(wide.moved(right / CELLS, down / CELLS, scale=1 / MARGIN))
    return frames


def describe_fine(
    pixels: Pixels, positions: Sequence[int], frames: Sequence[Frame], *, advance: Advance = lambda _: None
) -> Found:
    """Return some coins with what is in their frames and a little around.

    Args:
        pixels: the photographs.
        positions: of those to look at (n).
        frames: where the coins lie in these (n).
        advance: called with the number of coins done since the last call.
    """

    def describe(rows: range) -> tuple[Halves, Halves]:
        cells, visible = describe_cells(
            [pixels[positions[row]] for row in rows],
            [frames[row].moved(0, 0, scale=MARGIN) for row in rows],
            cell_px=CELL_PX,
        )
        # Coins are to be laid on what was struck, not on how they were cut.
        seen = eroded(visible, RIM_CELLS)
        near = blurred((cells * seen[..., None]).movedim(-1, 1), BLUR_CELLS).movedim(1, -1)
        return near.half().numpy(), seen.half().numpy()

    made = []
    for rows, found in by_blocks(describe, len(frames), size=AT_ONCE):
        made.append(found)
        advance(len(rows))
    return Found(frames, *(np.concatenate(one) for one in zip(*made, strict=True)))


def _mean(cells: Floats, seen: Floats, shifts: npt.NDArray[np.int64]) -> Floats:
    """Return what shifted coins share beyond what they show everywhere (32 x 32 x 9)."""
    total, count = np.zeros(cells.shape[1:], np.float32), np.zeros(seen.shape[1:], np.float32)
    for one, visible, (down, right) in zip(cells, seen, shifts, strict=True):
        there, here = _overlap(down, right)
        total[here] += one[there]
        count[here] += visible[there]
    mean = total / (count[..., None] + LEAST_SHARE * len(cells))
    everywhere = (mean * count[..., None]).sum(axis=(0, 1)) / (count.sum() + 1e-6)
    shared: Floats = (mean - everywhere).astype(np.float32)
    return shared


def _overlap(down: int, right: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Return the cells that a shifted grid takes from, and those that it puts them to."""

    def along(shift: int) -> tuple[slice, slice]:
        return slice(max(0, shift), CELLS + min(0, shift)), slice(max(0, -shift), CELLS - max(0, shift))

    (from_row, to_row), (from_column, to_column) = along(int(down)), along(int(right))
    return (from_row, from_column), (to_row, to_column)


LAGS = np.arange(-REACH_CELLS, REACH_CELLS + 1)
"""How far the cells of the mean lie beyond a coin's own, as they are compared."""
COST = torch.from_numpy(DISTANCE_COST * np.hypot(LAGS[:, None], LAGS) / CELLS).float()


def _best_shifts(waves: _Waves, length: Tensor, mean: _Waves) -> npt.NDArray[np.int64]:
    """Return how far down and to the right of a coin's own cells the mean fits best, in cells (n x 2).

    Args:
        waves: of the coins (n).
        length: of the cells of each, as one vector (n).
        mean: that they are compared with.
    """
    shifts = []
    for start in range(0, len(length), BLOCK):
        cells, weights, own = (one[start : start + BLOCK] for one in (*waves, length))
        product = _at_lags((cells.conj() * mean.cells).sum(dim=1))
        # The mean is as long as what of it the coin could show.
        of_mean = _at_lags(weights.conj() * mean.weights).clamp_min(1e-9).sqrt()
        agreement = product / (of_mean * own[:, None, None] + 1e-3) - COST
        best = agreement.flatten(1).argmax(dim=1).numpy()
        shifts.append(-np.stack([LAGS[best // len(LAGS)], LAGS[best % len(LAGS)]], axis=1))
    return np.concatenate(shifts)


def _at_lags(product: Tensor) -> Tensor:
    """Return a product of waves at the shifts that are tried (n x 48 x 25 to n x 23 x 23)."""
    lags = torch.from_numpy(LAGS)
    at_all: Tensor = torch.fft.irfft2(product, s=SPAN)
    return at_all[:, lags[:, None], lags]


def _lengths(cells: Floats) -> Tensor:
    """Return the length of the cells of each coin, as one vector (n)."""
    return torch.from_numpy(cells).square().flatten(1).sum(dim=1).sqrt()
