"""Which coins have parts that match: a likeness that forgives how a coin was struck, cut and laid.

Each coin is a grid of cells, each cell a histogram of the directions of its edges, laid over the others by
what they share and turned as those stand that match it. Windows of it are looked for in all other coins, or
where these are many in those that are roughly like it. Nothing is learnt.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from coin_xai.common.blocks import by_blocks
from coin_xai.common.stages import Advance, Stage, unwatched
from coin_xai.matching.aligned import MOST_KEPT, in_bytes
from coin_xai.matching.alignment import align
from coin_xai.matching.any_angle import look_around, match_at_any_angle
from coin_xai.matching.candidates import Compare, Comparison, compare_here
from coin_xai.matching.cells import AT_ONCE, common_of, describe_cut, without_common
from coin_xai.matching.cut_out import SIZE_PX, Frame, cut_out_some
from coin_xai.matching.descriptions import Orientation
from coin_xai.matching.pairs import likeness_to_each
from coin_xai.matching.polar import FEWEST_PAIRS, share_that_stands, transform
from coin_xai.matching.turning import TURN_DEG, best_turn, synchronise
from coin_xai.matching.views import FreshViews, Turned, Views
from coin_xai.matching.windows import CELL_PX, CELLS, likeness_in
from coin_xai.photographs.pixels import Pixels

NEIGHBOURS = 10
MOST_ROUNDS, LARGE_TURN_DEG = 3, TURN_DEG / 2
"""Coins are turned once more where they were turned by more, quadratic mean, than trial turns reach well."""
BLOCK, BLOCK_OF_PAIRS = 512, 64
SAMPLE = 400
"""Coins that say whether all of them stand upright."""
UPRIGHT_SHARE = 0.7
"""Of pairs that are alike as they lie: .88 and more where coins stand upright, .67 and less where they do not
(docs/partitions.md)."""
MOST_COMPARED, MOST_COMPARED_ON_GPU = 4_000, 50_000
"""Coins of which all pairs are compared; of more, each with so many candidates (docs/partitions.md)."""
CANDIDATES, ROUGHLY_ALIKE = 400, 30

FRESH = FreshViews()

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Description:
    """What coins are compared by.

    Attributes:
        frames: where each coin lies, laid over and turned like the others (N).
        cells: of each coin (N x 16 x 16 x 9).
        neighbours: the coins that match each coin best, where coins were compared at any angle (N x 10).
        cut_outs: each coin as its cells are made of it; None of too many coins (N x 128 x 128).
    """

    frames: Sequence[Frame]
    cells: Floats
    neighbours: npt.NDArray[np.int64] | None
    cut_outs: npt.NDArray[np.uint8] | None


def describe(
    pixels: Pixels,
    *,
    centre_crop: float,
    device: torch.device,
    orientation: Orientation = "upright",
    views: Views = FRESH,
    stage: Stage = unwatched,
) -> Description:
    """Find where each coin lies, laid over and turned like the others, and describe what is there.

    Args:
        pixels: the photographs.
        centre_crop: side of the central square that is looked at where no whole coin stands out, as a share
            of the shorter side.
        device: where to compare coins.
        orientation: how coins lie in their photographs: `upright` but for some degrees, at `any` angle, or
            `auto` for what a sample of them says.
        views: tells what each coin shows by itself; whoever keeps that gives something else.
        stage: is entered for each stage of it.
    """
    frames = _laid_over(pixels, centre_crop, views, stage)
    standing = how_many_stand(pixels, frames) if orientation == "auto" else None
    turned = None
    if orientation == "any" or (standing is not None and standing < UPRIGHT_SHARE):
        turned = match_at_any_angle(pixels, frames, count=NEIGHBOURS, device=device, stage=stage)
        frames = [frame.turned(by) for frame, by in zip(frames, turned.turn_deg.tolist(), strict=True)]
    for _ in range(MOST_ROUNDS):
        with stage("describe coins", len(frames)) as advance:
            tried = views.turn(pixels, frames, advance=advance)
        turns = _turns(tried, len(frames), device=device, stage=stage)
        del tried  # it takes much memory where nobody keeps it
        frames = [frame.turned(turn) for frame, turn in zip(frames, turns.tolist(), strict=True)]
        if np.sqrt((turns**2).mean()) < LARGE_TURN_DEG:
            break
    cut_outs = np.empty((len(frames), SIZE_PX, SIZE_PX), np.uint8) if len(frames) <= MOST_KEPT else None
    cells, seen = look(pixels, frames, stage, into=cut_outs)
    frames = [replace(frame, at_any_angle=turned is not None, standing=standing) for frame in frames]
    cells = without_common(cells, seen, common_of(cells, seen))
    return Description(frames, cells, None if turned is None else turned.neighbours, cut_outs)


def match_again_at_any_angle(
    pixels: Pixels,
    *,
    centre_crop: float,
    device: torch.device,
    views: Views = FRESH,
    stage: Stage = unwatched,
) -> npt.NDArray[np.int64]:
    """Return the coins that match each coin best at any angle, as `describe` has found them (N x 10).

    Args:
        pixels: the photographs.
        centre_crop: as `describe` was given it.
        device: where to compare coins.
        views: as `describe` was given them.
        stage: is entered for each stage of it.
    """
    frames = _laid_over(pixels, centre_crop, views, stage)
    return match_at_any_angle(pixels, frames, count=NEIGHBOURS, device=device, stage=stage).neighbours


def how_many_stand(pixels: Pixels, frames: Sequence[Frame]) -> float | None:
    """Return the share of pairs in a sample that are alike as they lie (0..1); None where it is too small."""
    sample = np.unique(np.linspace(0, len(frames) - 1, SAMPLE).astype(int)).tolist()
    if len(sample) < 2 * FEWEST_PAIRS:
        return None
    return share_that_stands(transform(look_around(pixels, frames, sample)))


def find_frames(
    pixels: Pixels,
    *,
    centre_crop: float,
    device: torch.device,
    orientation: Orientation = "upright",
    views: Views = FRESH,
    stage: Stage = unwatched,
) -> Sequence[Frame]:
    """Return where each coin lies, as `describe` finds it (N)."""
    return describe(
        pixels, centre_crop=centre_crop, device=device, orientation=orientation, views=views, stage=stage
    ).frames


def _laid_over(pixels: Pixels, centre_crop: float, views: Views, stage: Stage) -> list[Frame]:
    """Return where each coin lies, laid over the others and not turned (N)."""
    with stage("find coins", len(pixels)) as advance:
        return align(views.find(pixels, centre_crop=centre_crop, advance=advance))


def describe_in(pixels: Pixels, frames: Sequence[Frame], *, stage: Stage = unwatched) -> Floats:
    """Return the cells of each coin where it is known to lie (N x 16 x 16 x 9).

    What the coins that show a cell have in common is taken off, in the strength in which each coin shows it;
    a cell that a coin does not show is zero, as if it were like the mean. Towards the rim, where the legend
    and the cut of the flan are, cells fade.
    """
    cells, seen = look(pixels, frames, stage)
    return without_common(cells, seen, common_of(cells, seen))


def _turns(
    tried: Iterable[Turned], count: int, *, device: torch.device, stage: Stage
) -> npt.NDArray[np.float64]:
    """Return by how many degrees to turn each coin counter-clockwise to stand as those that match it (N).

    Args:
        tried: coins as they lie and turned for trial, in chunks that follow each other; gone through twice.
        count: how many coins there are (N).
        device: where to compare coins.
        stage: is entered for each stage of it.
    """
    cells = np.empty((count, CELLS, CELLS, 9), np.float32)
    seen = np.empty((count, CELLS, CELLS), np.float32)
    start = 0
    for chunk in tried:
        some = slice(start, start + len(chunk.cells))
        cells[some], seen[some] = chunk.cells[:, 0], chunk.seen[:, 0]
        start = some.stop
    common = common_of(cells, seen)
    as_is = without_common(cells, seen, common)
    with stage("turn coins", 2 * len(as_is)) as advance:
        comparison = Comparison.of(as_is, count=NEIGHBOURS, candidates=ROUGHLY_ALIKE, device=device)
        neighbours = compare_here(comparison, advance=advance)
        likeness, start = np.empty((3, *neighbours.shape), np.float32), 0
        for chunk in tried:
            for row in range(0, len(chunk.cells), BLOCK_OF_PAIRS):
                as_they_lie, clockwise, counter_clockwise = chunk.less(
                    common, slice(row, row + BLOCK_OF_PAIRS)
                )
                some = slice(start, start + len(as_they_lie))
                others = torch.from_numpy(as_is[neighbours[some]]).to(device)
                for found, own in zip(likeness, (clockwise, as_they_lie, counter_clockwise), strict=True):
                    found[some] = likeness_to_each(torch.from_numpy(own).to(device), others).cpu()
                advance(len(others))
                start = some.stop
    return synchronise(neighbours, best_turn(*likeness))


def look(
    pixels: Pixels, frames: Sequence[Frame], stage: Stage, *, into: npt.NDArray[np.uint8] | None = None
) -> tuple[Floats, Floats]:
    """Return the cells of all photographs (N x 16 x 16 x 9) and how far each is seen (N x 16 x 16).

    Args:
        pixels: the photographs.
        frames: where the coins lie in them.
        stage: is entered for it.
        into: takes what is cut out (N x 128 x 128), if anybody wants it.
    """
    cells = np.empty((len(frames), CELLS, CELLS, 9), dtype=np.float32)
    seen = np.empty((len(frames), CELLS, CELLS), dtype=np.float32)
    with stage("describe coins", len(frames)) as advance:

        def describe(rows: range) -> tuple[Tensor, Tensor]:
            some = frames[rows.start : rows.stop]
            grey, on_coin = cut_out_some([pixels[row] for row in rows], some)
            if into is not None:
                into[rows.start : rows.stop] = in_bytes(grey.numpy())
            return describe_cut(grey, on_coin, cell_px=CELL_PX)

        for rows, found in by_blocks(describe, len(frames), size=AT_ONCE):
            cells[rows.start : rows.stop], seen[rows.start : rows.stop] = found
            advance(len(rows))
    return cells, seen


def matching_coins(
    cells: Floats,
    *,
    device: torch.device,
    count: int = NEIGHBOURS,
    compare: Compare = compare_here,
    advance: Advance = lambda _: None,
) -> npt.NDArray[np.int64]:
    """Return the coins that match each coin best, the best first (N x count, int64).

    The windows of either coin of a pair are looked for in the other, and the better likeness counts. Where
    there are too many coins to compare all pairs, each is compared with those that are roughly most like it.
    The memory grows in proportion to the number of coins.

    Args:
        cells: of each coin, as `describe` returns them (N x 16 x 16 x c).
        device: where to compute.
        count: how many to find; all others where there are no more.
        compare: compares coins with their candidates, where there are too many; whoever keeps blocks of that
            gives something else.
        advance: called with the number of coins done since the last call.
    """
    count = min(count, len(cells) - 1)
    if len(cells) <= most_compared(device):
        return _compare_all(cells, count, device, advance)
    comparison = Comparison.of(cells, count=count, candidates=CANDIDATES, device=device)
    return compare(comparison, advance=advance)


def most_compared(device: torch.device) -> int:
    """Return of how many coins all pairs are compared there; of more, each coin and its candidates."""
    return MOST_COMPARED if device.type == "cpu" else MOST_COMPARED_ON_GPU


def _compare_all(cells: Floats, count: int, device: torch.device, advance: Advance) -> npt.NDArray[np.int64]:
    """Return the best of all coins for each (N x count)."""
    everywhere = torch.from_numpy(cells).to(device)
    best = torch.full((len(cells), count), -torch.inf, device=device)
    found = torch.zeros((len(cells), count), dtype=torch.int64, device=device)
    for start in range(0, len(cells), BLOCK):
        own = everywhere[start : start + BLOCK]
        for other in range(start, len(cells), BLOCK):
            others = everywhere[other : other + BLOCK]
            likeness = likeness_in(own, others)
            if other == start:
                likeness = torch.maximum(likeness, likeness.T).fill_diagonal_(-torch.inf)
            else:
                likeness = torch.maximum(likeness, likeness_in(others, own).T)
                _keep_best(best, found, likeness.T, rows=other, columns=start)
            _keep_best(best, found, likeness, rows=start, columns=other)
        advance(len(own))
    return found.cpu().numpy()


def _keep_best(best: Tensor, found: Tensor, likeness: Tensor, *, rows: int, columns: int) -> None:
    """Put what is better in a block of likenesses into the best found so far, in place (N x count each).

    Args:
        likeness: of some coins with some others.
        rows: number of the first of these coins.
        columns: number of the first of the others.
    """
    here = slice(rows, rows + len(likeness))
    numbers = torch.arange(columns, columns + likeness.shape[1], device=found.device).expand_as(likeness)
    kept = torch.cat([best[here], likeness], dim=1).topk(best.shape[1], dim=1)
    best[here] = kept.values
    found[here] = torch.cat([found[here], numbers], dim=1).gather(1, kept.indices)
