"""One partition of the coins, whoever made it."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Clustering:
    """One partition of the coins.

    Attributes:
        cluster: id of each coin's cluster, 0..k-1 (N).
        distance: squared distance of each coin to its centroid (N).
        centroids: k x d, among the points that were clustered; d is 0 where the clusters were given.
        splits: how often a cluster ran empty on the way and was given half of another.
        stability: how sure the cluster of each coin is, from 0 to 1 (N); None where nothing says so.
        names: of the k clusters, where those who gave them gave them names.
    """

    cluster: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float32]
    centroids: npt.NDArray[np.float32]
    splits: int = 0
    stability: npt.NDArray[np.float32] | None = None
    names: tuple[str, ...] | None = None

    @property
    def objective(self) -> float:
        """Mean squared distance to the centroids; near 1, whitened features are noise on a sphere."""
        return float(self.distance.mean(dtype=np.float64))

    @property
    def sizes(self) -> npt.NDArray[np.int64]:
        """Number of coins of each cluster (k)."""
        return np.bincount(self.cluster, minlength=len(self.centroids))

    @property
    def class_to_cluster(self) -> npt.NDArray[np.int64]:
        """Cluster ids by class index, the unit of the head: the non-empty clusters in order."""
        return np.flatnonzero(self.sizes)

    @property
    def class_index(self) -> npt.NDArray[np.int64]:
        """Class index of each coin: the rank of its cluster among the non-empty ones (N)."""
        rank = np.cumsum(self.sizes > 0) - 1
        return rank[self.cluster]

    def among(self, points: npt.NDArray[np.float32]) -> "Clustering":
        """Return the same clusters with the means of other points of the coins (N x d) as centroids."""
        centroids = np.zeros((len(self.centroids), points.shape[1]), dtype=np.float32)
        for one in self.class_to_cluster:
            centroids[one] = points[self.cluster == one].mean(axis=0)
        distance = ((points - centroids[self.cluster]) ** 2).sum(axis=1)
        return replace(self, distance=distance, centroids=centroids)
