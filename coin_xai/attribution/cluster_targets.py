"""Targets that explain the clustering itself, not the head that imitates it.

DeepCluster runs k-means on whitened, row-normalised features a with centroids m. Both targets are chained
through that reduction to the features that it was made of, before or behind their rectifier, where the
engines begin.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from coin_xai.attribution.engines.engine import Scores, TargetGradient
from coin_xai.clustering.reduction import SMALLEST_NORM, Whitening
from coin_xai.errors import OptionError


@dataclass(frozen=True, eq=False)
class Clusters:
    """A partition as a checkpoint keeps it: the reduction and where the clusters lie in it.

    Attributes:
        whitening: from d_in features to d whitened ones.
        centroids: of all clusters, also empty ones (k x d).
        class_to_cluster: row of `centroids` for each unit of the head.
    """

    whitening: Whitening
    centroids: npt.NDArray[np.floating[Any]]
    class_to_cluster: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.centroids.shape[1] != len(self.whitening.variances):
            raise OptionError(
                f"the centroids have {self.centroids.shape[1]} dimensions and the whitening "
                f"{len(self.whitening.variances)}: they are not of the same partition"
            )

    def features(self, scores: Scores) -> Tensor:
        """Return the features that the reduction takes (N x d_in)."""
        return scores.head_input if self.whitening.rectified else scores.penultimate

    @property
    def at(self) -> Literal["head_input", "penultimate"]:
        """Where those features are."""
        return "head_input" if self.whitening.rectified else "penultimate"

    def reduced(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return the points (N x d, length 1) of features (N x d_in), and their lengths before (N x 1)."""
        whitening = self.whitening
        centred = features - _like(whitening.mean, features)
        whitened = centred @ _like(whitening.components, features).T / self._deviations(features)
        length = whitened.norm(dim=1, keepdim=True).clamp(min=SMALLEST_NORM)
        return whitened / length, length

    def pulled_back(self, gradient: Tensor, points: Tensor, length: Tensor) -> Tensor:
        """Return the gradient at the features (N x d_in) of one at the points (N x d).

        Moving a point along its own direction does not change it, so that part of the gradient drops out.
        """
        across = (gradient - (gradient * points).sum(dim=1, keepdim=True) * points) / length
        return across / self._deviations(across) @ _like(self.whitening.components, across)

    def own_centroid(self, class_index: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Return all centroids (k x d), and the row of each photograph's own (N)."""
        rows = torch.as_tensor(self.class_to_cluster, device=class_index.device)
        return _like(self.centroids, like), rows[class_index]

    def _deviations(self, like: Tensor) -> Tensor:
        return _like(self.whitening.variances, like).sqrt()


@dataclass(frozen=True, eq=False)
class Assignment:
    """How much nearer the own centroid is than the nearest other one: what k-means decides by.

    With h_k = |a - m_k|^2 - |a - m_c|^2, which is linear in a, the value is the least h_k of all k but c:
    positive inside the cell of cluster c, zero on its border (NEON, Kauffmann et al. 2024,
    arXiv 1906.07633, section on k-means, with the hard minimum).
    """

    clusters: Clusters
    name: str = "assignment"

    def gradient(self, scores: Scores, class_index: Tensor) -> TargetGradient:
        """Return the value and its gradient at the penultimate features."""
        points, length = self.clusters.reduced(self.clusters.features(scores))
        centroids, own = self.clusters.own_centroid(class_index, points)
        squares = centroids.square().sum(dim=1)
        # |a|^2 is in both distances and cancels.
        nearness = 2 * points @ centroids.T - squares
        rival_nearness, rival = nearness.scatter(1, own[:, None], -torch.inf).max(dim=1)
        value = nearness.gather(1, own[:, None])[:, 0] - rival_nearness
        gradient = 2 * (centroids[own] - centroids[rival])
        return TargetGradient(
            value=value,
            gradient=self.clusters.pulled_back(gradient, points, length),
            at=self.clusters.at,
        )


@dataclass(frozen=True, eq=False)
class Similarity:
    """Cosine between the point of a coin and its own centroid: what makes it typical of its cluster."""

    clusters: Clusters
    name: str = "similarity"

    def gradient(self, scores: Scores, class_index: Tensor) -> TargetGradient:
        """Return the cosine and its gradient at the penultimate features."""
        points, length = self.clusters.reduced(self.clusters.features(scores))
        centroids, own = self.clusters.own_centroid(class_index, points)
        direction = torch.nn.functional.normalize(centroids[own], dim=1)
        return TargetGradient(
            value=(points * direction).sum(dim=1),
            gradient=self.clusters.pulled_back(direction, points, length),
            at=self.clusters.at,
        )


def _like(array: npt.NDArray[np.floating[Any]], tensor: Tensor) -> Tensor:
    return torch.tensor(array, dtype=tensor.dtype, device=tensor.device)
