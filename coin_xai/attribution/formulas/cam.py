"""CAM (Zhou et al. 2016, arXiv 1512.04150), where the head weighs maps, averaged or place by place."""

import torch
from torch import Tensor

from coin_xai.attribution.engines.engine import Scores
from coin_xai.errors import NetworkError


def class_activation_map(maps: Tensor, scores: Scores, class_index: Tensor) -> Tensor:
    """Return the sum over k of W[unit, k] A_k (N x h x w, signed).

    Of a head that weighs each place of each map by itself, W[unit, k] is a map as well; then it is exactly
    HiResCAM, and the sum over all places is the logit but for its bias.

    Args:
        maps: A, N x C x h x w.
        scores: of the same photographs.
        class_index: the unit of each photograph (N).

    Raises:
        NetworkError: the head weighs neither the means of these maps nor their places.
    """
    flat, weights = maps.flatten(1), scores.head_weight[class_index]
    if flat.shape == scores.head_input.shape and torch.equal(flat, scores.head_input):
        return (weights.view_as(maps) * maps).sum(dim=1)
    means = maps.mean(dim=(2, 3))
    features = scores.head_input
    if means.shape != features.shape or not torch.allclose(means, features, rtol=1e-3, atol=1e-5):
        raise NetworkError(
            f"CAM is defined where the head weighs the means of the maps or their places, but here it weighs "
            f"{features.shape[1]} features and the layer has {maps.shape[1]} maps, whose means they are not. "
            "Ask for grad_cam, which is defined on every network and equals CAM where both are"
        )
    return torch.einsum("nk,nkhw->nhw", weights, maps)
