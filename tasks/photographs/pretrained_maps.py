"""What the pretrained network sees in the coins of a run: kept in chunks until the coins are compared."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch

from coin_xai.common.stages import Advance
from coin_xai.errors import OptionError
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones.backbone import Backbone, Maps, see_parts
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.backbones.pretrained import SHA256
from coin_xai.matching.windows import CELLS
from storage.atomic import replacing
from storage.fingerprint import fingerprint
from storage.layout import RunLayout
from storage.runs import read_record

CHUNK = 256
"""Coins: some seconds of a processor; 15 MB of EfficientNet-Lite0, 134 MB of a network of 1,024 channels."""


WEIGHTS_KEY: Final = "description_weights"
"""In the identity of a run: SHA-256 of the layers, as they were read, that describe its coins, where a
library has their weights and may change them."""


def described_with(layout: RunLayout) -> str | None:
    """Return the SHA-256 of the layers of the library's network that describes coins; None without one."""
    return read_record(layout)["identity"].get(WEIGHTS_KEY)


def see_once(
    layout: RunLayout,
    coins: Aligned,
    description: str,
    *,
    device: torch.device,
    weights: str | None = None,
    advance: Advance = lambda _: None,
) -> Sequence[Maps]:
    """Return what the network sees in all coins, mapped into memory; chunks that are kept are not seen again.

    Args:
        layout: the run, whose lock is held.
        coins: its usable coins, cut out.
        description: names the network.
        device: where to compute.
        weights: SHA-256 of those that the run was begun with, where its network is one of a library.
        advance: called with the number of coins done since the last call.

    Raises:
        OptionError: the network or its weights are not there, or are other ones.
    """
    weights = weights or SHA256
    folder, chunks = layout.pretrained_maps / _key(coins, description, weights), []
    for start in range(0, len(coins), CHUNK):
        positions = range(start, min(start + CHUNK, len(coins)))
        file = folder / f"{start:06d}.npy"
        kept = _read(file, len(positions))
        if kept is None:
            backbone = load_same(description, weights, device)
            found = see_parts(coins, positions, backbone, device=device, advance=advance)
            with replacing(file) as temporary:
                np.save(temporary, found, allow_pickle=False)
            kept = _read(file, len(positions))
            assert kept is not None
        else:
            advance(len(positions))
        chunks.append(kept)
    return chunks


def load_same(description: str, weights: str | None, device: torch.device) -> Backbone:
    """Return the network that describes the coins of a run.

    Args:
        description: names the network.
        weights: SHA-256 of those that the run was begun with, where its network is one of a library.
        device: where to compute.

    Raises:
        OptionError: the network or its weights are not there, or are other ones.
    """
    backbone, weights = load_backbone(description, device), weights or SHA256
    if backbone.sha256 != weights:
        raise OptionError(
            f"the layers of {description} are not those that the run was begun with (SHA-256 of the "
            f"layers {backbone.sha256[:12]}, then {weights[:12]}): use the file of weights and the "
            "version of the library that it was begun with, or begin another run"
        )
    return backbone


def _key(coins: Aligned, description: str, weights: str) -> str:
    """Return what changes with the network, its weights and with where any coin lies."""
    places = [(frame.left, frame.top, frame.side, frame.turn_deg) for frame in coins.frames]
    return fingerprint([description, weights, np.array(places, np.float64).tolist()])


def forget(layout: RunLayout) -> None:
    """Remove what was kept, once the run keeps what was made of it."""
    shutil.rmtree(layout.pretrained_maps, ignore_errors=True)


def _read(file: Path, count: int) -> Maps | None:
    """Return a chunk; None where it is not there, of other coins, or cannot be read and must be made anew."""
    try:
        found: Maps = np.load(file, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found if found.shape[:3] == (count, CELLS, CELLS) and found.dtype == np.float16 else None
