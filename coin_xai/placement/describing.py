"""New coins laid over coins that are matched already, and described as those are.

Nothing of the known coins changes: new ones are shifted to agree with the mean of the known, turned to stand
like those that match them, and what the known coins have in common is taken off them.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.common.stages import Advance, unwatched
from coin_xai.matching.alignment import align_with
from coin_xai.matching.candidates import find_candidates_among
from coin_xai.matching.cells import common_of, without_common
from coin_xai.matching.cut_out import Frame, frame_of
from coin_xai.matching.hog import ORIENTATIONS
from coin_xai.matching.likeness import (
    BLOCK_OF_PAIRS,
    LARGE_TURN_DEG,
    MOST_ROUNDS,
    NEIGHBOURS,
    ROUGHLY_ALIKE,
    look,
)
from coin_xai.matching.pairs import likeness_to_each
from coin_xai.matching.turning import UPRIGHT_LINKS, best_turn
from coin_xai.matching.views import turn_some
from coin_xai.photographs.pixels import Pixels

MOST_IN_COMMON = 2000
"""Known coins that are looked at for what they have in common, evenly spread."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class KnownCoins:
    """Coins that were laid over each other, turned and described before.

    Attributes:
        pixels: their photographs (N).
        frames: where they lie in them (N).
        cells: what they are compared by; the first nine numbers of each tell its edges (N x 16 x 16 x c).
    """

    pixels: Pixels
    frames: Sequence[Frame]
    cells: Floats

    @property
    def edges(self) -> Floats:
        """What their cells tell of edges (N x 16 x 16 x 9)."""
        return self.cells[..., :ORIENTATIONS]


@dataclass(frozen=True)
class NewCoins:
    """Coins that were laid over known ones.

    Attributes:
        frames: where they lie in their photographs (n).
        edges: cells of their edges, without what the known coins have in common (n x 16 x 16 x 9).
    """

    frames: Sequence[Frame]
    edges: Floats


def lay_among(
    pixels: Pixels,
    known: KnownCoins,
    *,
    centre_crop: float,
    device: torch.device,
    advance: Advance = lambda _: None,
) -> NewCoins:
    """Find where new coins lie, laid over and turned like known ones that stand upright, and describe them.

    Args:
        pixels: their photographs (n).
        known: the coins that they are laid over.
        centre_crop: side of the central square that is looked at where no whole coin stands out, as a share
            of the shorter side.
        device: where to compare coins.
        advance: called with the number of new coins done since the last call, once for each in all.
    """
    common = _common_of(known)
    found = [frame_of(pixels[position], centre_crop=centre_crop) for position in range(len(pixels))]
    frames = align_with(pixels, found, known.pixels, known.frames)
    for _ in range(MOST_ROUNDS):
        turns = _turns(pixels, frames, known, common, device)
        frames = [frame.turned(turn) for frame, turn in zip(frames, turns.tolist(), strict=True)]
        if np.sqrt((turns**2).mean()) < LARGE_TURN_DEG:
            break
    edges, seen = look(pixels, frames, lambda _name, _total: nullcontext(advance))
    return NewCoins(frames, without_common(edges, seen, common))


def _common_of(known: KnownCoins) -> Floats:
    sample = np.linspace(0, len(known.frames) - 1, min(len(known.frames), MOST_IN_COMMON)).astype(int)
    pixels = Pixels(
        known.pixels.data,
        known.pixels.offset[sample],
        known.pixels.height[sample],
        known.pixels.width[sample],
    )
    return common_of(*look(pixels, [known.frames[one] for one in sample.tolist()], unwatched))


def _turns(
    pixels: Pixels, frames: Sequence[Frame], known: KnownCoins, common: Floats, device: torch.device
) -> npt.NDArray[np.float64]:
    """Return by how many degrees to turn each new coin counter-clockwise to stand as those that match it (n).

    The known coins stay, so what `turning.synchronise` solves for all coins at once is a mean here, pulled
    towards no turn by as much.
    """
    tried = turn_some(pixels, frames, range(len(frames)), lambda _: None)
    as_is = tried.less(common)[0]
    alike = find_candidates_among(as_is, known.edges, min(ROUGHLY_ALIKE, len(known.frames)), device)
    turns = np.empty(len(frames))
    for start in range(0, len(frames), BLOCK_OF_PAIRS):
        some = slice(start, start + BLOCK_OF_PAIRS)
        own = [torch.from_numpy(one).to(device) for one in tried.less(common, some)]
        others = torch.from_numpy(known.edges[alike[some]]).to(device)
        likeness = likeness_to_each(own[0], others)
        best = likeness.topk(min(NEIGHBOURS, likeness.shape[1]))
        nearest = torch.take_along_dim(others, best.indices[..., None, None, None], dim=1)
        clockwise, counter_clockwise = (likeness_to_each(way, nearest).cpu().numpy() for way in own[1:])
        turn = best_turn(clockwise, best.values.cpu().numpy(), counter_clockwise)
        turns[some] = turn.sum(axis=1) / (turn.shape[1] + UPRIGHT_LINKS)
    return turns
