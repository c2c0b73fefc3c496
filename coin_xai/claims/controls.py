"""The controls of a network: its layers with a head that is fitted, like its own, to other clusters."""

import copy
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.head import fit_head
from coin_xai.networks import Network
from coin_xai.photographs.pixels import Pixels

BATCH_SIZE = 64


def taught(
    network: Network,
    shown: Pixels,
    class_index: npt.NDArray[np.int64],
    *,
    centre_crop: float,
    device: torch.device,
    advance: Callable[[int], None] = lambda _: None,
) -> Network:
    """Return a network that shares the layers of another, with a head of its own that is fitted to clusters.

    Args:
        network: on the device.
        shown: the coins as the network sees them (N).
        class_index: of each coin, 0..classes-1, none of them empty (N).
        centre_crop: side of the central square as a share of the shorter side.
        device: where to compute.
        advance: called with the number of coins done since the last call.
    """
    features = extract_features(
        network, shown, centre_crop=centre_crop, batch_size=BATCH_SIZE, device=device, advance=advance
    )
    fitted = fit_head(features, class_index)
    head = nn.Linear(fitted.weight.shape[1], fitted.weight.shape[0])
    head.load_state_dict({"weight": fitted.weight, "bias": fitted.bias})
    shared = {id(layer): layer for name, layer in network.named_children() if name != "head"}
    other = copy.deepcopy(network, memo=shared).eval()
    other.head = head.to(device)
    return other
