"""The features pass: what the network makes of every photograph, without augmentation."""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.common.device import moved
from coin_xai.common.prefetch import prefetch
from coin_xai.networks import Network, normalise
from coin_xai.optimisation.precision import Precision, computing_in
from coin_xai.optimisation.ranks import ALONE, Ranks
from coin_xai.photographs.pixels import Pixels


def extract_features(
    network: Network,
    pixels: Pixels,
    *,
    centre_crop: float,
    batch_size: int,
    device: torch.device,
    advance: Callable[[int], None],
    precision: Precision = "float32",
    workers: int = 1,
    ranks: Ranks = ALONE,
) -> npt.NDArray[np.float32]:
    """Return the penultimate features of all photographs, in their order (N x d, float32).

    Args:
        network: on the device; it is left in evaluation mode.
        pixels: the photographs.
        centre_crop: side of the central square as a share of the shorter side.
        batch_size: photographs per forward pass; does not change the result beyond rounding.
        device: where to compute.
        advance: called with the number of photographs done since the last call.
        precision: what to compute in.
        workers: threads that prepare the next batches.
        ranks: the processes that take turns at the batches; the same network is in each.
    """
    network.eval()
    all_features = np.zeros((len(pixels), network.head.in_features), dtype=np.float32)
    batches = [
        np.arange(start, min(start + batch_size, len(pixels))) for start in range(0, len(pixels), batch_size)
    ]
    own = batches[ranks.rank :: ranks.count]
    squares_of = partial(pixels.centre_squares, size_px=network.input_size_px, crop=centre_crop)
    with torch.inference_mode(), computing_in(precision, device):
        for turn, (batch, squares) in enumerate(
            zip(own, prefetch(squares_of, own, workers=workers), strict=True)
        ):
            photographs = normalise(moved(squares, device))
            all_features[batch] = network.penultimate(photographs).float().cpu().numpy()
            advance(sum(map(len, batches[turn * ranks.count : (turn + 1) * ranks.count])))
    ranks.sum(torch.from_numpy(all_features))  # of which each has its own rows, and zeros elsewhere
    return all_features
