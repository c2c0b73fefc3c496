"""Which coins have parts that match where coins lie at any angle, and how each is to be turned.

Each coin is first turned to agree with the mean of all, so that what they share, such as a cross, lies over
itself and can be taken off; that fixes no angle where the shared part repeats itself. So every other coin is
then compared at sixteen turns: roughly, by one vector for each coin and turn, and by windows with the two
hundred that are most alike. The turns at which coins match are solved for all coins at once (`turning`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from coin_xai.common.blocks import by_blocks
from coin_xai.common.stages import Advance, Stage, unwatched
from coin_xai.matching.candidates import Compact
from coin_xai.matching.cells import AT_ONCE, common_of, describe_cut, without_common
from coin_xai.matching.cut_out import Frame, cut_out, cut_out_some
from coin_xai.matching.pairs import likeness_to_each
from coin_xai.matching.polar import DIRECTIONS, describe_around, transform, turns_to_mean
from coin_xai.matching.turning import synchronise_freely
from coin_xai.matching.windows import CELL_PX, CELLS
from coin_xai.photographs.pixels import Pixels

TURNS = 16
CANDIDATES = 200
BLOCK, COINS_ON_GPU = 512, 64

Cells = npt.NDArray[np.float16]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Turned:
    """What is known of coins that lie at any angle.

    Attributes:
        neighbours: the coins that match each coin best, the best first (N x count).
        turn_deg: by how much to turn each coin counter-clockwise to stand as those that match it (N).
    """

    neighbours: Positions
    turn_deg: npt.NDArray[np.float64]


def match_at_any_angle(
    pixels: Pixels,
    frames: Sequence[Frame],
    *,
    count: int,
    device: torch.device,
    stage: Stage = unwatched,
) -> Turned:
    """Return which coins match each coin best, whatever the angle, and how each is to be turned.

    The memory grows in proportion to the number of coins (some 110 kB each), the time of the rough comparison
    with its square.

    Args:
        pixels: the photographs.
        frames: where the coins lie in them, laid over each other but not turned.
        count: how many coins to find for each; all others where there are no more.
        device: where to compare coins.
        stage: is entered for each stage of it.
    """
    n_coins = len(frames)
    with stage("look around", n_coins) as advance:
        to_mean = turns_to_mean(_waves(pixels, frames, advance))
    with stage("describe all turns", n_coins) as advance:
        cells = _cells_at_turns(pixels, frames, to_mean, advance)
    with stage("compare roughly", n_coins) as advance:
        candidates, turn = _candidates(cells, min(CANDIDATES, n_coins - 1), device, advance)
    likeness = np.empty(candidates.shape, np.float32)
    coins_at_once = 1 if device.type == "cpu" else COINS_ON_GPU
    with stage("compare all turns", n_coins) as advance:
        for start in range(0, n_coins, coins_at_once):
            some = slice(start, start + coins_at_once)
            likeness[some] = _compare(cells, start, candidates[some], turn[some], device)
            advance(len(likeness[some]))
    best = np.argsort(-likeness, axis=1, kind="stable")[:, :count]
    neighbours, turn = (np.take_along_axis(one, best, axis=1) for one in (candidates, turn))
    return Turned(neighbours, to_mean + synchronise_freely(neighbours, turn * (360 / TURNS)))


def _waves(pixels: Pixels, frames: Sequence[Frame], advance: Advance) -> torch.Tensor:
    """Return what is seen around each coin's centre, by frequency (33 x N x 108)."""
    waves = []
    for start in range(0, len(frames), BLOCK):
        positions = range(start, min(start + BLOCK, len(frames)))
        waves.append(transform(look_around(pixels, frames, positions)))
        advance(len(positions))
    return torch.cat(waves, dim=1)


def look_around(pixels: Pixels, frames: Sequence[Frame], positions: Sequence[int]) -> npt.NDArray[np.float32]:
    """Return what is seen around the centres of some coins (n x 12 x 64 x 9)."""

    def describe(rows: range) -> npt.NDArray[np.float32]:
        some = positions[rows.start : rows.stop]
        return describe_around(*cut_out_some([pixels[one] for one in some], [frames[one] for one in some]))

    return np.concatenate([found for _rows, found in by_blocks(describe, len(positions), size=AT_ONCE)])


def _cells_at_turns(
    pixels: Pixels, frames: Sequence[Frame], to_mean: npt.NDArray[np.float64], advance: Advance
) -> Cells:
    """Return the cells of each coin at each turn, without what all coins share (16 x N x 16 x 16 x 9)."""
    turned = np.empty((TURNS, len(frames), CELLS, CELLS, DIRECTIONS), np.float16)
    seen = np.empty((TURNS, len(frames), CELLS, CELLS), np.float16)
    for position, frame in enumerate(frames):
        # Cut out once more: to keep all coins from before would take as much memory as their cells.
        cut = cut_out(pixels[position], frame)
        angles = to_mean[position] + np.arange(TURNS) * (360 / TURNS)
        grey, on_coin = (
            torch.from_numpy(np.stack([_rotated(one, angle) for angle in angles])) for one in cut
        )
        turned[:, position], seen[:, position] = describe_cut(grey, on_coin, cell_px=CELL_PX)
        advance(1)
    for cells, visible in zip(turned, seen, strict=True):
        whole = cells.astype(np.float32), visible.astype(np.float32)
        cells[:] = without_common(*whole, common_of(*whole))
    return turned


def _rotated(picture: npt.NDArray[np.float32], degrees: float) -> npt.NDArray[np.float32]:
    return np.asarray(Image.fromarray(picture).rotate(degrees, Image.Resampling.BILINEAR))


def _candidates(
    cells: Cells, count: int, device: torch.device, advance: Advance
) -> tuple[Positions, Positions]:
    """Return the coins that are roughly most like each coin as it lies, and at which turn (N x count each).

    Args:
        cells: of each coin at each turn (16 x N x 16 x 16 x 9).
        count: how many.
        device: where to compare.
        advance: called with the number of coins done since the last call.
    """
    n_coins = cells.shape[1]
    compact = Compact.fit(cells[0])
    vectors = [torch.from_numpy(compact.of(turned)).to(device) for turned in cells]
    found, turn = np.empty((2, n_coins, count), np.int64)
    for start in range(0, n_coins, BLOCK):
        own = vectors[0][start : start + BLOCK]
        likeness = own.new_full((len(own), n_coins), -torch.inf)
        best = torch.zeros(likeness.shape, dtype=torch.int64, device=device)
        for number, turned in enumerate(vectors):
            here = own @ turned.T
            best[here > likeness] = number
            torch.maximum(likeness, here, out=likeness)
        rows = torch.arange(len(own))
        likeness[rows, rows + start] = -torch.inf
        nearest = likeness.topk(count).indices
        found[start : start + BLOCK] = nearest.cpu()
        turn[start : start + BLOCK] = best.gather(1, nearest).cpu()
        advance(len(own))
    return found, turn


def _compare(
    cells: Cells, start: int, candidates: Positions, turn: Positions, device: torch.device
) -> npt.NDArray[np.float32]:
    """Return how well some coins that follow each other match each of their candidates (n x count)."""
    own, others = cells[0, start : start + len(candidates)], cells[turn, candidates]
    compared = (torch.from_numpy(one).to(device).float() for one in (own, others))
    return likeness_to_each(*compared).cpu().numpy()
