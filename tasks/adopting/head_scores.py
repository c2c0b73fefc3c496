"""What a head that others trained says of every coin, and how well it knows the clusters."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from coin_xai.deepcluster.features import extract_features
from coin_xai.networks import Network
from coin_xai.photographs.pixels import Pixels
from storage.legacy.partition import Positions

BATCH_SIZE = 64
# Coins worked on at once: a head may have ten thousand units.
BLOCK = 1024


def head_scores(
    network: Network,
    pixels: Pixels,
    cluster: Positions,
    class_index: Positions,
    *,
    centre_crop: float,
    device: torch.device,
    advance: Callable[[int], None],
) -> pd.DataFrame:
    """Return one row a coin, in the order of the pixels, by one pass of the network.

    Args:
        network: on the device.
        pixels: of N coins.
        cluster: of each coin (N).
        class_index: unit of the head of each coin's cluster (N).
        centre_crop: side of the square that the network sees, as a share of the shorter side.
        device: where to compute.
        advance: called with the number of coins done since the last call.

    Returns:
        cluster, class_index, distance, score, margin, head_class_index, and the clusters of the strongest
        unit besides the own one and of the strongest of all (`runner_up_cluster`, `head_cluster`: null for a
        unit that is no cluster's), `head_agrees`. The centroids of such a training are not kept, so
        `distance` is the squared distance to the mean of the cluster among the features, each of length 1.
    """
    features = extract_features(
        network, pixels, centre_crop=centre_crop, batch_size=BATCH_SIZE, device=device, advance=advance
    )
    blocks = [
        _block(network, features[start : start + BLOCK], class_index[start : start + BLOCK], device)
        for start in range(0, len(features), BLOCK)
    ]
    own, rival, rival_unit, head_unit = (np.concatenate(column) for column in zip(*blocks, strict=True))
    to_cluster = pd.Series(cluster, index=class_index, dtype="Int64")
    to_cluster = to_cluster[~to_cluster.index.duplicated()]
    return pd.DataFrame(
        {
            "cluster": cluster,
            "class_index": class_index,
            "distance": _distance_to_mean(features, class_index),
            "score": own,
            "margin": own - rival,
            "runner_up_cluster": to_cluster.reindex(rival_unit).array,
            "head_class_index": head_unit,
            "head_cluster": to_cluster.reindex(head_unit).array,
            "head_agrees": head_unit == class_index,
        }
    )


def _block(
    network: Network, features: npt.NDArray[np.float32], class_index: Positions, device: torch.device
) -> tuple[npt.NDArray[np.generic], ...]:
    """Return the logit of the own unit, that of the strongest other one, which one, and which of all."""
    own_unit = torch.from_numpy(class_index).to(device)[:, None]
    with torch.inference_mode():
        logits = network.head(network.rectifier(torch.from_numpy(features).to(device)))
        rival, rival_unit = logits.scatter(1, own_unit, -torch.inf).max(dim=1)
        found = (logits.gather(1, own_unit)[:, 0], rival, rival_unit, logits.argmax(dim=1))
    return tuple(column.cpu().numpy() for column in found)


def _distance_to_mean(features: npt.NDArray[np.float32], class_index: Positions) -> npt.NDArray[np.float32]:
    length = np.linalg.norm(features, axis=1, keepdims=True)
    directions = features / np.maximum(length, np.finfo(np.float32).tiny)
    distance = np.empty(len(features), dtype=np.float32)
    for one in np.unique(class_index):
        members = directions[class_index == one]
        distance[class_index == one] = np.square(members - members.mean(axis=0)).sum(axis=1)
    return distance
