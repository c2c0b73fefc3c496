"""CAM (Zhou et al. 2016, arXiv 1512.04150), for networks that average their maps and weigh the means."""

import torch
from torch import Tensor

from coin_xai.attribution.engines.engine import Scores
from coin_xai.errors import NetworkError


def class_activation_map(maps: Tensor, scores: Scores, class_index: Tensor) -> Tensor:
    """Return the sum over k of W[unit, k] A_k (N x h x w, signed).

    Args:
        maps: A, N x C x h x w.
        scores: of the same photographs.
        class_index: the unit of each photograph (N).

    Raises:
        NetworkError: the head does not weigh the means of these maps.
    """
    means = maps.mean(dim=(2, 3))
    features = scores.head_input
    if means.shape != features.shape or not torch.allclose(means, features, rtol=1e-3, atol=1e-5):
        raise NetworkError(
            f"CAM is defined where the head weighs the means of the maps, but here it weighs "
            f"{features.shape[1]} features and the layer has {maps.shape[1]} maps, whose means they are not. "
            "Ask for grad_cam, which is defined on every network and equals CAM where both are"
        )
    return torch.einsum("nk,nkhw->nhw", scores.head_weight[class_index], maps)
