"""The features pass: what the network makes of every photograph, without augmentation."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from coin_xai.networks import normalise
from coin_xai.pixels import Pixels


def extract_features(
    network: nn.Module,
    pixels: Pixels,
    *,
    size_px: int,
    centre_crop: float,
    batch_size: int,
    device: torch.device,
    advance: Callable[[int], None],
) -> npt.NDArray[np.float32]:
    """Return the penultimate features of all photographs, in their order (N x d, float32).

    Args:
        network: has a method `penultimate`; it is left in evaluation mode.
        pixels: the photographs.
        size_px: side of the square that the network takes.
        centre_crop: side of the central square as a share of the shorter side.
        batch_size: photographs per forward pass; does not change the result beyond rounding.
        device: where the network is.
        advance: called with the number of photographs done since the last call.
    """
    network.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(pixels), batch_size):
            indices = np.arange(start, min(start + batch_size, len(pixels)))
            squares = pixels.centre_squares(indices, size_px=size_px, crop=centre_crop)
            batch = normalise(torch.from_numpy(squares).to(device))
            features: torch.Tensor = network.penultimate(batch)  # type: ignore[operator]
            parts.append(features.float().cpu().numpy())
            advance(len(indices))
    return np.concatenate(parts)
