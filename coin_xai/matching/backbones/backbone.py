"""What a network that learnt from ordinary photographs sees in coins, place by place.

Maps of a deep layer, a sixteenth as large as the picture, tell shapes that are larger than edges and
smaller than motifs. Coins are shown in grey and from black to white, so that neither metal nor light tells
them apart.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.common.prefetch import prefetch
from coin_xai.common.stages import Advance
from coin_xai.common.threads import one_thread
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.windows import CELLS

DARKEST, LIGHTEST = 1, 99
"""Percentiles of a coin's tones that become black and white."""
BATCH, BATCH_ON_GPU = 4, 64
"""Coins at once; on a processor, activations of more leave its cache (by 16 a coin took a fifth longer)."""
MOST_WORKERS = 8

Colour = tuple[float, float, float]
Maps = npt.NDArray[np.float16]


@dataclass(frozen=True)
class Backbone:
    """A network up to a layer whose maps have a place for each cell of a coin.

    Attributes:
        network: from pictures (n x 3 x side x side) to maps (n x c x 16 x 16), ready to be asked.
        side_px: of the pictures.
        mean: of red, green and blue (0..1), which is taken off as it was where the network learnt.
        std: what they are divided by then.
        sha256: of its layers as they were read, weights and all, which tells two of one name apart.
    """

    network: nn.Module
    side_px: int
    mean: Colour
    std: Colour
    sha256: str


def see_parts(
    coins: Aligned,
    positions: range,
    backbone: Backbone,
    *,
    device: torch.device,
    advance: Advance = lambda _: None,
) -> Maps:
    """Return what a network sees in some coins (n x 16 x 16 x c).

    Args:
        coins: cut out and laid over each other.
        positions: of the coins to look at, at least one.
        backbone: the network, on the device.
        device: where to compute.
        advance: called with the number of coins done since the last call.
    """
    size = BATCH_ON_GPU if device.type == "cuda" else BATCH

    def see(start: int) -> Maps:
        pictures = coloured(list(coins.cut_outs(positions[start : start + size])), backbone, device)
        with torch.inference_mode():
            found: Tensor = backbone.network(pictures)
            return found.permute(0, 2, 3, 1).to(torch.float16).cpu().numpy()

    starts = range(0, len(positions), size)
    workers = 1 if device.type == "cuda" else min(MOST_WORKERS, len(os.sched_getaffinity(0)))
    exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    maps: Maps | None = None
    with exact, one_thread():  # coins are divided among threads instead, so that these change no number
        for start, found in zip(starts, prefetch(see, starts, workers=workers), strict=True):
            if maps is None:
                maps = np.empty((len(positions), CELLS, CELLS, found.shape[-1]), np.float16)
            maps[start : start + len(found)] = found
            advance(len(found))
    assert maps is not None
    return maps


def coloured(coins: Sequence[npt.NDArray[np.uint8]], backbone: Backbone, device: torch.device) -> Tensor:
    """Return cut-out coins as a network is shown them (n x 3 x side x side): grey, from black to white."""
    grey = torch.from_numpy(np.stack([_stretched(coin) for coin in coins]))[:, None].to(device)
    pictures = F.interpolate(grey, (backbone.side_px, backbone.side_px), mode="bilinear")
    mean, std = (torch.tensor(one, device=device)[:, None, None] for one in (backbone.mean, backbone.std))
    return ((pictures - mean) / std).contiguous(memory_format=torch.channels_last)


def _stretched(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return a coin from black to white (128 x 128, 0..1), whatever its metal."""
    low, high = np.percentile(grey, (DARKEST, LIGHTEST))
    found: npt.NDArray[np.float32] = np.clip((grey - low) / max(high - low, 1), 0, 1).astype(np.float32)
    return found
