"""What the pretrained network sees in the coins of a run: kept in chunks until the coins are compared."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from coin_xai.matching.aligned import Aligned
from coin_xai.matching.efficientnet_lite import CHANNELS
from coin_xai.matching.pretrained import SHA256, Advance, Maps, see_parts
from coin_xai.matching.windows import CELLS
from storage.atomic import replacing
from storage.fingerprint import fingerprint
from storage.layout import RunLayout

CHUNK = 256
"""Coins: 15 MB, some seconds of a processor."""


def see_once(
    layout: RunLayout,
    coins: Aligned,
    *,
    device: torch.device,
    before_last: bool = False,
    advance: Advance = lambda _: None,
) -> Sequence[Maps]:
    """Return what the network sees in all coins, mapped into memory; chunks that are kept are not seen again.

    Args:
        layout: the run, whose lock is held.
        coins: its usable coins, cut out.
        device: where to compute.
        before_last: leave out the network's last block.
        advance: called with the number of coins done since the last call.

    Raises:
        OptionError: the network is not installed, or its weights are other ones.
    """
    folder, chunks = layout.pretrained_maps / _key(coins, before_last=before_last), []
    for start in range(0, len(coins), CHUNK):
        positions = range(start, min(start + CHUNK, len(coins)))
        file = folder / f"{start:06d}.npy"
        kept = _read(file, len(positions))
        if kept is None:
            found = see_parts(coins, positions, device=device, before_last=before_last, advance=advance)
            with replacing(file) as temporary:
                np.save(temporary, found, allow_pickle=False)
            kept = _read(file, len(positions))
            assert kept is not None
        else:
            advance(len(positions))
        chunks.append(kept)
    return chunks


def _key(coins: Aligned, *, before_last: bool) -> str:
    """Return what changes with the weights, the blocks and with where any coin lies."""
    places = [(frame.left, frame.top, frame.side, frame.turn_deg) for frame in coins.frames]
    return fingerprint([SHA256, before_last, np.array(places, np.float64).tolist()])


def forget(layout: RunLayout) -> None:
    """Remove what was kept, once the run keeps what was made of it."""
    shutil.rmtree(layout.pretrained_maps, ignore_errors=True)


def _read(file: Path, count: int) -> Maps | None:
    """Return a chunk; None where it is not there, of other coins, or cannot be read and must be made anew."""
    try:
        found: Maps = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found if found.shape == (count, CELLS, CELLS, CHANNELS) and found.dtype == np.float16 else None
