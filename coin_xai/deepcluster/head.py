"""Fits the head to a clustering on cached features, so that what is explained knows its clusters.

One epoch of gradient steps from a random head reproduces a fifth of the clusters of a small collection
(the published recipe, two thousand coins). A Grad-CAM of such a head explains next to nothing.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.optimisation.logistic import Standardised, minimise

# From smooth to sharp; the first that reproduces the clustering is kept, since a smoother head depends on
# more of what the coins of a cluster share.
WEIGHT_PENALTIES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
WANTED_FIT = 0.995


@dataclass(frozen=True)
class FittedHead:
    """A linear head and how well it reproduces the clustering it was fitted to.

    Attributes:
        weight: n_classes x d.
        bias: n_classes.
        logits: of every coin (N x n_classes).
        fit: share of coins whose largest logit is that of their own class.
        weight_penalty: the penalty on the weights that was used.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    logits: npt.NDArray[np.float32]
    fit: float
    weight_penalty: float


def fit_head(features: npt.NDArray[np.float32], class_index: npt.NDArray[np.int64]) -> FittedHead:
    """Fit a multinomial logistic head to rectified features by L-BFGS.

    The problem is convex and starts from zero, so the result depends on no seed.

    Args:
        features: penultimate features before the rectifier (N x d).
        class_index: class of each coin, 0..n_classes-1, none of them empty (N).
    """
    inputs = Standardised(torch.from_numpy(features), rectify=True)
    target = torch.from_numpy(class_index)
    weight = torch.zeros(int(class_index.max()) + 1, features.shape[1], requires_grad=True)
    bias = torch.zeros(len(weight), requires_grad=True)
    for penalty in WEIGHT_PENALTIES:
        minimise(weight, bias, inputs, target, penalty)
        logits = inputs.logits(weight, bias)
        fit = float((logits.argmax(dim=1) == target).float().mean())
        if fit >= WANTED_FIT:
            break
    with torch.no_grad():
        # Undo the standardisation inside the head, so that it takes the network's own features.
        unscaled = weight / inputs.scale
        return FittedHead(
            weight=unscaled,
            bias=bias - unscaled @ inputs.mean,
            logits=logits.numpy(),
            fit=fit,
            weight_penalty=penalty,
        )
