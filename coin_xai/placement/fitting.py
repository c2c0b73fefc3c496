"""Into which cluster new coins fit, and which fit into none.

A new coin goes where most of the ten known coins go that match it best. Some known coin always matches it
best, though, so whether it fits is asked apart. Worn coins match nothing well, and some coins match all
others a little, so a coin's likenesses are counted from its level, the mean of its likenesses with a sample
of the known coins; by how much the ten best rise above it is its rise. The ten coins that match a new one
best have a rise of their own among the known coins, and the new one falls short of it by less or more (an
idea of the local outlier factor, Breunig et al. 2000). Known coins tell what is too much: matched with other
clusters alone, they are strangers, coins whose own cluster is missing. The line is drawn where it turns away
as large a share of the known coins as they are as it lets in of the strangers.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.common.stages import Advance
from coin_xai.evidence.recognition import majority
from coin_xai.matching.likeness import CANDIDATES, NEIGHBOURS, most_compared
from coin_xai.matching.match_maps import WINDOWS
from coin_xai.matching.pairs import likeness_to_each
from coin_xai.placement.matching import Matches, likeness_among, match_among

SAMPLE_FOR_LEVEL = 100
"""Known coins, evenly spread, that a coin's level is the mean of."""
SAMPLE_FOR_RULE = 400
"""Known coins, evenly spread, that are matched with other clusters alone."""
BLOCK = 64

Floats = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Placed:
    """Where new coins belong.

    Attributes:
        matches: the ten known coins that match each best.
        cluster: of most of these (n).
        votes: share of these that are in that cluster (n).
        shortfall: by how much its rise falls short of theirs (n).
        fits: whether that is no more than the known coins allow (n).
    """

    matches: Matches
    cluster: Positions
    votes: npt.NDArray[np.float64]
    shortfall: Floats
    fits: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class KnownClusters:
    """Clusters of known coins, ready to take in new ones.

    Attributes:
        cells: what the known coins are compared by (N x 16 x 16 x c).
        cluster: of each (N).
        rise: of each: mean likeness with the coins that match it best, less its level (N).
        most: a new coin that falls short by more fits none; infinity where nothing tells, as of one cluster.
        turned_away: share of the known coins that fall short by more.
        device: where to compare.
    """

    cells: Floats
    cluster: Positions
    rise: Floats
    most: float
    turned_away: float
    device: torch.device

    @classmethod
    def of(
        cls,
        cells: Floats,
        cluster: Positions,
        neighbours: Positions,
        *,
        device: torch.device,
        advance: Advance = lambda _: None,
    ) -> Self:
        """Ask the known coins what is too much.

        Args:
            cells: of each (N x 16 x 16 x c).
            cluster: of each (N).
            neighbours: the coins that match each best (N x count).
            device: where to compare.
            advance: called with the number of known coins done since the last call, N in all.
        """
        best = np.empty(len(cells), np.float32)
        for start in range(0, len(cells), BLOCK):
            some = slice(start, start + BLOCK)
            own, others = (torch.from_numpy(one).to(device) for one in (cells[some], cells[neighbours[some]]))
            best[some] = likeness_to_each(own, others).mean(dim=1).cpu().numpy() / WINDOWS**2
            advance(len(own))
        others = np.arange(len(cells))[:, None] != _sample(len(cells), SAMPLE_FOR_LEVEL)
        rise = best - _levels(cells, cells, others, device)
        shortfall = rise[neighbours].mean(axis=1) - rise
        most = _line_between(shortfall, _of_strangers(cells, cluster, rise, device))
        return cls(cells, cluster, rise, most, float((shortfall > most).mean()), device)

    def place(self, cells: Floats, *, advance: Advance = lambda _: None) -> Placed:
        """Return where new coins belong that were described like the known ones (n x 16 x 16 x c)."""
        matches = match_among(cells, self.cells, count=NEIGHBOURS, device=self.device, advance=advance)
        cluster = majority(matches.position, self.cluster)
        votes = (self.cluster[matches.position] == cluster[:, None]).mean(axis=1)
        own = matches.likeness.mean(axis=1) - _levels(cells, self.cells, None, self.device)
        shortfall = self.rise[matches.position].mean(axis=1) - own
        return Placed(matches, cluster, votes, shortfall, shortfall <= self.most)


def _levels(
    cells: Floats, known: Floats, counting: npt.NDArray[np.bool_] | None, device: torch.device
) -> Floats:
    """Return the mean likeness of each coin with a sample of the known coins (n).

    Args:
        cells: of the coins (n x 16 x 16 x c).
        known: cells of the known coins (N x 16 x 16 x c).
        counting: which coins of the sample count for which coin; all if left out (n x 100).
        device: where to compare.
    """
    likeness = likeness_among(cells, known[_sample(len(known), SAMPLE_FOR_LEVEL)], device)
    if counting is None:
        return np.asarray(likeness.mean(axis=1))
    # Of a coin that has none to be compared with, the level is that of no likeness.
    return np.asarray((likeness * counting).sum(axis=1) / np.maximum(counting.sum(axis=1), 1))


def _of_strangers(cells: Floats, cluster: Positions, rise: Floats, device: torch.device) -> Floats:
    """Return by how much known coins fall short that are matched with other clusters alone (m, 0 to 400).

    Of a cluster so large that all candidates are in it, a coin has no others to be matched with.
    """
    sample = _sample(len(cells), SAMPLE_FOR_RULE)
    count = len(cells) if len(cells) <= most_compared(device) else CANDIDATES
    found = match_among(cells[sample], cells, count=count, device=device)
    elsewhere = cluster[found.position] != cluster[sample, None]
    asked = elsewhere.any(axis=1)
    best = elsewhere[asked] & (elsewhere[asked].cumsum(axis=1) <= NEIGHBOURS)
    counting = cluster[sample[asked], None] != cluster[_sample(len(cells), SAMPLE_FOR_LEVEL)]
    level = _levels(cells[sample[asked]], cells, counting, device)
    own = found.likeness[asked].mean(axis=1, where=best) - level
    theirs = rise[found.position[asked]].mean(axis=1, where=best)
    return np.asarray(theirs - own)


def _line_between(members: Floats, strangers: Floats) -> float:
    """Return above which shortfall as many of the members lie as strangers lie below, in shares of either."""
    if not len(strangers):
        return float("inf")
    tried = np.sort(np.concatenate([members, strangers]))
    above = (len(members) - np.searchsorted(np.sort(members), tried, side="right")) / len(members)
    below = np.searchsorted(np.sort(strangers), tried, side="right") / len(strangers)
    last = max(np.flatnonzero(above >= below), default=0)
    return float(tried[last : last + 2].mean())


def _sample(count: int, most: int) -> Positions:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))
