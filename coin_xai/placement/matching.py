"""Which known coins have parts that match a new coin's, and how well."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.common.stages import Advance
from coin_xai.matching.candidates import coins_at_once, find_candidates_among
from coin_xai.matching.likeness import BLOCK, CANDIDATES, most_compared
from coin_xai.matching.match_maps import WINDOWS
from coin_xai.matching.pairs import likeness_to_each
from coin_xai.matching.windows import likeness_in

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Matches:
    """The known coins that match each new coin best, the best first.

    Attributes:
        position: rows of the known coins (n x count).
        likeness: mean of the best cosines of all windows, at most 1 (n x count).
    """

    position: Positions
    likeness: Floats


def match_among(
    cells: Floats, known: Floats, *, count: int, device: torch.device, advance: Advance = lambda _: None
) -> Matches:
    """Return the known coins that match each new coin best; of many, among its candidates.

    Args:
        cells: of the new coins (n x 16 x 16 x c).
        known: cells of the known coins (N x 16 x 16 x c).
        count: how many to find, at most as many as there are candidates; all where there are no more.
        device: where to compute.
        advance: called with the number of new coins done since the last call.
    """
    count = min(count, len(known))
    position, likeness = np.empty((len(cells), count), np.int64), np.empty((len(cells), count), np.float32)
    candidates, at_once = None, BLOCK
    if len(known) > most_compared(device):
        candidates, at_once = (
            find_candidates_among(cells, known, CANDIDATES, device),
            coins_at_once(CANDIDATES, device),
        )
    for start in range(0, len(cells), at_once):
        some = slice(start, start + at_once)
        if candidates is None:
            found = likeness_among(cells[some], known, device)
        else:
            own, others = (torch.from_numpy(one).to(device) for one in (cells[some], known[candidates[some]]))
            found = (likeness_to_each(own, others) / WINDOWS**2).cpu().numpy()
        best = np.argsort(-found, axis=1, kind="stable")[:, :count]
        position[some] = best if candidates is None else np.take_along_axis(candidates[some], best, axis=1)
        likeness[some] = np.take_along_axis(found, best, axis=1)
        advance(len(found))
    return Matches(position, likeness)


def likeness_among(cells: Floats, known: Floats, device: torch.device) -> Floats:
    """Return how well each new coin and each known coin match, at most 1 (n x N)."""
    likeness = np.empty((len(cells), len(known)), np.float32)
    for row in range(0, len(cells), BLOCK):
        own = torch.from_numpy(cells[row : row + BLOCK]).to(device)
        for column in range(0, len(known), BLOCK):
            others = torch.from_numpy(known[column : column + BLOCK]).to(device)
            better = torch.maximum(likeness_in(own, others), likeness_in(others, own).T)
            likeness[row : row + BLOCK, column : column + BLOCK] = better.cpu().numpy() / WINDOWS**2
    return likeness
