"""k-means by faiss, and what the result says about itself."""

from dataclasses import dataclass
from itertools import combinations

import faiss
import numpy as np
import numpy.typing as npt

from coin_xai.agreement import agreement
from coin_xai.errors import OptionError


@dataclass(frozen=True)
class Clustering:
    """One partition of the coins.

    Attributes:
        cluster: id of each coin's cluster, 0..k-1 (N).
        distance: squared distance of each coin to its centroid (N).
        centroids: k x d, in whitened space.
        objective: mean of `distance`; near 1 means that the points are noise on a sphere.
    """

    cluster: npt.NDArray[np.int64]
    distance: npt.NDArray[np.float32]
    centroids: npt.NDArray[np.float32]
    objective: float

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


def require_enough_coins(k: int, n_coins: int) -> None:
    """Raise OptionError when there are more clusters than coins."""
    if k > n_coins:
        raise OptionError(
            f"k = {k} clusters from {n_coins} usable photographs; choose k between 2 and {n_coins}"
        )


def cluster(
    points: npt.NDArray[np.float32], k: int, *, seed: int, restarts: int, iterations: int, gpu: bool = False
) -> Clustering:
    """Cluster points (N x d) into k groups by Euclidean distance.

    Raises:
        OptionError: more clusters than points.
    """
    n_points, dimensions = points.shape
    require_enough_coins(k, n_points)
    kmeans = faiss.Kmeans(
        dimensions,
        k,
        niter=iterations,
        nredo=restarts,
        seed=seed,
        gpu=gpu,
        min_points_per_centroid=1,  # silences a warning meant for vector databases
        max_points_per_centroid=n_points,  # use every coin, never a sample
    )
    kmeans.train(points)
    distance, nearest = kmeans.index.search(points, 1)
    return Clustering(
        cluster=nearest[:, 0].astype(np.int64),
        distance=distance[:, 0],
        centroids=np.array(kmeans.centroids),
        objective=float(distance.mean(dtype=np.float64)),
    )


def seed_stability(
    points: npt.NDArray[np.float32], k: int, *, seeds: list[int], restarts: int, iterations: int
) -> float:
    """Return the mean AMI between partitions that differ in nothing but the seed of k-means.

    Near 0, the partition is the seed's, not the coins'.
    """
    partitions = [
        cluster(points, k, seed=seed, restarts=restarts, iterations=iterations).cluster for seed in seeds
    ]
    return float(np.mean([agreement(first, second).ami for first, second in combinations(partitions, 2)]))
