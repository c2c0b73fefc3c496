"""From the features that a head sees to the embedding that DeepCluster-v2 clusters, and to a head of it."""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.clustering.reduction import Whitening

DIMENSIONS = 128
"""Of the embedding, as published."""
BLOCK = 512
"""Coins worked on at once, so that no second matrix as large as the features is ever made."""


class Projection(nn.Module):
    """Centres and scales each feature over the batch, then projects linearly onto a sphere.

    The publication has a linear layer and a rectifier more. Here they are the network's own: its last layers
    are where maps end, and one linear map is all that stands between them and the centroids.
    """

    def __init__(self, units: int, *, generator: torch.Generator) -> None:
        """Draw the weights; `units` is how many features there are."""
        super().__init__()
        self.norm = nn.BatchNorm1d(units, affine=False)
        self.linear = nn.Linear(units, min(DIMENSIONS, units), bias=False)
        nn.init.normal_(self.linear.weight, 0.0, 1 / math.sqrt(units), generator=generator)

    def forward(self, features: Tensor) -> Tensor:
        """Return the embeddings (N x d, rows of length 1) of rectified features (N x units)."""
        return F.normalize(self.linear(self.norm(features)), dim=1)

    def reduction(self) -> Whitening:
        """Return the same, as it is in evaluation, as a reduction of features before their rectifier."""
        variance, mean = self.norm.running_var, self.norm.running_mean
        assert variance is not None
        assert mean is not None
        with torch.no_grad():
            components = self.linear.weight / (variance + self.norm.eps).sqrt()
        return Whitening(
            mean=mean.cpu().numpy().copy(),
            components=components.cpu().numpy(),
            variances=np.ones(len(components), dtype=np.float32),
            rectified=True,
        )


def head_of(reduction: Whitening, centroids: npt.NDArray[np.float32]) -> tuple[Tensor, Tensor]:
    """Return weight (n x units) and bias (n) of the linear layer whose largest logit is the nearest centroid.

    Its logits are the cosines with the centroids (n x d, rows of length 1), times the length of the
    embedding before it is normalised, which all of a coin's logits share.
    """
    scaled = reduction.components.astype(np.float64) / np.sqrt(reduction.variances)[:, None]
    weight = centroids.astype(np.float64) @ scaled
    bias = -weight @ reduction.mean.astype(np.float64)
    return torch.from_numpy(weight).float(), torch.from_numpy(bias).float()


def logits_of(features: npt.NDArray[np.float32], weight: Tensor, bias: Tensor) -> npt.NDArray[np.float32]:
    """Return what a head says (N x n) of features before their rectifier (N x units), block by block."""
    logits = np.empty((len(features), len(bias)), dtype=np.float32)
    for start in range(0, len(features), BLOCK):
        rows = slice(start, start + BLOCK)
        rectified = torch.from_numpy(features[rows]).clamp_min(0)
        logits[rows] = F.linear(rectified, weight, bias).numpy()
    return logits
