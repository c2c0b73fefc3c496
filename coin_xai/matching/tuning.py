"""Lets the last block of the pretrained network learn from coins that match each other.

Contrastive learning (SimCLR's loss, Chen et al. 2020, arXiv 2002.05709), with pairs that matching found
instead of two views of one picture: two coins are a pair where each is among the few that match the other
best. The block learns to make the maps of a pair more alike than those of other coins, place by place. No
label is asked. With what was learnt, the maps of all coins are made anew, and parts are matched once more.
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.common.stages import Advance
from coin_xai.common.threads import one_thread
from coin_xai.matching.cells import fading_to_the_rim
from coin_xai.matching.windows import CELLS
from coin_xai.optimisation.eager import AdamW

Maps = npt.NDArray[np.float16]
Positions = npt.NDArray[np.int64]

EPOCHS = 2
PAIRS = 24
"""At once: each coin is told from its partner and 46 others."""
BEST = 5
"""How many coins count as matching one best."""
RATE, DECAY, TEMPERATURE = 3e-4, 1e-4, 0.1
MOST_TO_SCALE = 100
BLOCK = 16


def tune(
    block: nn.Module,
    maps: Sequence[Maps],
    neighbours: Positions,
    *,
    generator: np.random.Generator,
    device: torch.device,
    advance: Advance = lambda _: None,
) -> nn.Module:
    """Return the block as it is after learning; where no two coins match each other, as it was.

    Args:
        block: from maps to maps, on the device; it is not touched.
        maps: what it is given, of all coins, some after the other (n x 16 x 16 x c each).
        neighbours: the coins that match each coin best, the best first (N x count).
        generator: draws the pairs.
        device: where to compute.
        advance: called with the number of coins done, `EPOCHS` times N in all.
    """
    pairs, learning = matching_pairs(neighbours), copy.deepcopy(block)
    if not len(pairs):
        advance(EPOCHS * len(neighbours))
        return learning
    known = np.sort(np.concatenate([pairs, pairs[:, ::-1]]) @ (len(neighbours), 1))
    scale = _scale_of(block, maps, len(neighbours), device)
    optimiser = AdamW(learning.requires_grad_(True).parameters(), lr=RATE, weight_decay=DECAY)
    steps = max(1, len(neighbours) // PAIRS)
    done = np.diff(np.linspace(0, len(neighbours), steps + 1).astype(int)).tolist()
    with torch.enable_grad(), one_thread():
        for coins_done in done * EPOCHS:
            drawn = pairs[generator.choice(len(pairs), min(PAIRS, len(pairs)), replace=False)]
            coins = drawn.T.flatten()
            codes = coins[:, None] * len(neighbours) + coins
            alike = torch.from_numpy(np.isin(codes, known) | (coins[:, None] == coins)).to(device)
            loss = _contrast(scale.of(learning(_given(maps, coins, device))), alike)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            advance(coins_done)
    return learning.requires_grad_(False)


def through(block: nn.Module, maps: Maps, device: torch.device) -> Maps:
    """Return what a block makes of some maps (n x 16 x 16 x c)."""
    with torch.inference_mode(), one_thread():
        made = [
            block(_as_tensor(maps[start : start + BLOCK], device)).permute(0, 2, 3, 1).half().cpu().numpy()
            for start in range(0, len(maps), BLOCK)
        ]
    found: Maps = np.concatenate(made)
    return found


def matching_pairs(neighbours: Positions) -> Positions:
    """Return the pairs of coins each of which is among those that match the other best (n x 2, ascending)."""
    best = neighbours[:, :BEST]
    coin = np.repeat(np.arange(len(best)), best.shape[1])
    both = np.stack([coin, best.flatten()], axis=1)
    codes = both @ (len(best), 1)
    mutual = np.isin(both[:, ::-1] @ (len(best), 1), codes)
    return both[mutual & (both[:, 0] < both[:, 1])]


class _Scale(NamedTuple):
    """Makes each channel of a block's maps count as much (c x 1 x 1 each), and the rim less (16 x 16)."""

    mean: Tensor
    deviation: Tensor
    fading: Tensor

    def of(self, maps: Tensor) -> Tensor:
        """Return one vector for each coin, of length one (n x d): the mean of four places each."""
        even = (maps - self.mean) / self.deviation * self.fading
        return F.normalize(F.avg_pool2d(even, 2).flatten(1), dim=1)


def _scale_of(block: nn.Module, maps: Sequence[Maps], count: int, device: torch.device) -> _Scale:
    some = np.unique(np.linspace(0, count - 1, MOST_TO_SCALE).astype(int))
    with torch.no_grad(), one_thread():
        made = torch.cat(
            [block(_given(maps, few, device)) for few in np.array_split(some, -(-len(some) // BLOCK))]
        )
    fading = torch.from_numpy(fading_to_the_rim(CELLS)).to(device)
    deviation, mean = torch.std_mean(made, dim=(0, 2, 3), keepdim=True)
    return _Scale(mean[0], deviation[0] + 1e-3, fading)


def _contrast(vectors: Tensor, alike: Tensor) -> Tensor:
    """Return how badly coins are told from others that are not their partner.

    Args:
        vectors: of n pairs, first all the first, then all the second (2n x d).
        alike: whether two of them are the same coin or known to match, so that nothing tells them apart
            (2n x 2n).
    """
    count = len(vectors) // 2
    partner = torch.arange(2 * count, device=vectors.device).roll(count)
    others = alike.clone()
    others[torch.arange(2 * count, device=vectors.device), partner] = False
    likeness = (vectors @ vectors.T / TEMPERATURE).masked_fill(others, -torch.inf)
    return F.cross_entropy(likeness, partner)


def _given(maps: Sequence[Maps], coins: Positions, device: torch.device) -> Tensor:
    """Return the maps of some coins as a block takes them (n x c x 16 x 16)."""
    ends = np.cumsum([len(some) for some in maps])
    array = np.searchsorted(ends, coins, side="right")
    within = coins - np.concatenate([[0], ends])[array]
    return _as_tensor(np.stack([maps[one][at] for one, at in zip(array, within, strict=True)]), device)


def _as_tensor(maps: Maps, device: torch.device) -> Tensor:
    # What lies channels last is given channels last.
    return torch.from_numpy(np.asarray(maps, dtype=np.float32)).permute(0, 3, 1, 2).to(device)
