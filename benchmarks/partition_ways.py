"""How `partitions.py` makes points of coins without learning from them, as people try first as well."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import torch
from partition_sets import CoinSet
from sklearn.cluster import AgglomerativeClustering
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional as F

from coin_xai.clustering.reduction import default_dimensions, fit_whitening
from coin_xai.clustering.spectral import embed, join
from coin_xai.deepcluster.fixed_clusters import FixedClusters
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.evidence.neighbours import nearest
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones.backbone import coloured, see_parts
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.backbones.pretrained import read_weights
from coin_xai.matching.hog import LUMA, extract_hog
from coin_xai.matching.joined import join_maps
from coin_xai.matching.likeness import NEIGHBOURS, Description, describe, matching_coins

PIXELS_PX, DIMENSIONS = 64, 32

Points = npt.NDArray[np.float32]


def pixels(coins: CoinSet, _device: torch.device) -> Points:
    """Return the principal components of small grey photographs."""
    squares = coins.pixels.centre_squares(np.arange(len(coins.pixels)), size_px=PIXELS_PX)
    return _reduced(np.einsum("ncyx,c->nyx", squares, LUMA).reshape(len(squares), -1))


def hog(coins: CoinSet, _device: torch.device) -> Points:
    """Return whitened histograms of oriented gradients, as for the baseline of every run."""
    descriptors = extract_hog(coins.pixels, centre_crop=1.0)
    return fit_whitening(descriptors, default_dimensions(len(descriptors))).apply(descriptors)


def pooled(coins: CoinSet, device: torch.device) -> Points:
    """Return whitened last features of the pretrained network, means over the aligned coin."""
    features = _last_features(coins, device)
    return fit_whitening(features, default_dimensions(len(features))).apply(features)


def pooled_graph(coins: CoinSet, device: torch.device) -> Points:
    """Return the places of the coins on the graph of those whose pooled features point the same way."""
    features = _last_features(coins, device)
    everywhere = np.zeros(len(features), dtype=np.int64)
    found = nearest(features - features.mean(axis=0), everywhere, count=NEIGHBOURS)[0].position
    return embed(join(found), coins.k)


def cells(coins: CoinSet, device: torch.device) -> Points:
    """Return the principal components of the cells that coins are matched by, each at its place."""
    return _reduced(_described(coins, device).cells.reshape(len(coins.pixels), -1))


def matching(coins: CoinSet, device: torch.device) -> Points:
    """Return the places of the coins on the graph of those whose parts match, without a network."""
    return embed(join(matching_coins(_described(coins, device).cells, device=device)), coins.k)


def any_angle(coins: CoinSet, device: torch.device) -> Points:
    """Return their places on the graph of those whose parts match at any angle."""
    found = describe(coins.pixels, centre_crop=1.0, device=device, orientation="any").neighbours
    assert found is not None
    return embed(join(found), coins.k)


def pretrained_matching(coins: CoinSet, device: torch.device) -> Points:
    """Return the same with what the pretrained network sees in the parts."""
    backbone = load_backbone("pretrained", device)
    maps = see_parts(_aligned(coins, device), range(len(coins.pixels)), backbone, device=device)
    joined = join_maps(_described(coins, device).cells, [maps])
    return embed(join(matching_coins(joined, device=device)), coins.k)


def matching_by(description: str, coins: CoinSet, device: torch.device, *, seed: int) -> Points:
    """Return the same by another network, or once the pretrained one has learnt which coins match."""
    described = _described(coins, device)
    options = TrainingOptions(k=coins.k, seed=seed, description=description).require(len(coins.pixels))
    found = FixedClusters(coins.pixels, options, device=device, frames=described.frames)
    found.find()
    return found.points(coins.k)


DESCRIBE: dict[str, Callable[[CoinSet, torch.device], Points]] = {
    "pixels": pixels,
    "hog": hog,
    "ward": cells,
    "pooled": pooled,
    "pooled graph": pooled_graph,
    "matching": matching,
    "any angle": any_angle,
    "pretrained matching": pretrained_matching,
}
TUNED = "tuned matching"
"""The way that learns before it matches, with each seed anew."""
NETWORK = ("pooled", "pooled graph", "pretrained matching", TUNED)
"""Ways that want the pretrained network; what is pooled is that of timm, which has all of its blocks."""
GRAPHS = ("matching", "any angle", "pretrained matching", "pooled graph", TUNED)
"""Ways whose points are places on a graph."""


def ward(points: Points, k: int) -> npt.NDArray[np.int64]:
    """Return Ward's clusters, which know no seed (N)."""
    found: npt.NDArray[np.int64] = AgglomerativeClustering(k).fit_predict(points)
    return found


def forget_descriptions() -> None:
    """Describe coins anew, so that each way is charged for its own description."""
    _described.cache_clear()
    _last_features.cache_clear()


@lru_cache(maxsize=1)
def _described(coins: CoinSet, device: torch.device) -> Description:
    return describe(coins.pixels, centre_crop=1.0, device=device)


def _aligned(coins: CoinSet, device: torch.device) -> Aligned:
    return Aligned(coins.pixels, _described(coins, device).frames)


@lru_cache(maxsize=1)
def _last_features(coins: CoinSet, device: torch.device) -> Points:
    network, aligned = _whole_network().to(device), _aligned(coins, device)
    backbone = load_backbone("pretrained", device)  # tells how coins are shown to both
    found = []
    for position in range(len(aligned)):
        with torch.inference_mode():
            picture = coloured([aligned.cut_out(position)], backbone, device)
            maps = network.forward_features(picture)  # type: ignore[operator]
        found.append(F.adaptive_avg_pool2d(maps, 1).flatten().cpu().numpy())
    return np.stack(found)


def _whole_network() -> nn.Module:
    import timm  # heavy, and wanted here alone

    network: nn.Module = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    # Both lay out the same network under other names, in the same order; shapes are compared by PyTorch.
    network.load_state_dict(dict(zip(network.state_dict(), read_weights().values(), strict=True)))
    return network.eval().requires_grad_(False)


def _reduced(points: npt.NDArray[np.floating]) -> Points:
    found = PCA(min(DIMENSIONS, len(points) - 1), random_state=0).fit_transform(points)
    return np.ascontiguousarray(found, dtype=np.float32)
