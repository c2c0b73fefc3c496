"""k-means by faiss, and what the result says about itself."""

from itertools import combinations

import faiss
import numpy as np
import numpy.typing as npt

from coin_xai.agreement import agreement
from coin_xai.deepcluster.partition import Clustering
from coin_xai.errors import OptionError


def cluster(
    points: npt.NDArray[np.float32], k: int, *, seed: int, restarts: int, iterations: int, gpu: bool = False
) -> Clustering:
    """Cluster points (N x d) into k groups by Euclidean distance.

    faiss never leaves a cluster empty while it iterates: it splits a large one into two. The last assignment
    comes after the last split, and can leave one empty all the same; both are counted.

    Args:
        points: finite, N x d.
        k: number of clusters.
        seed: of the initial centroids.
        restarts: how often to begin anew; the best result is kept.
        iterations: the most per restart; faiss stops when nothing improves any more.
        gpu: compute on the GPUs.

    Raises:
        OptionError: more clusters than points.
    """
    n_points, dimensions = points.shape
    if k > n_points:
        raise OptionError(
            f"k = {k} clusters from {n_points} usable photographs; choose k between 2 and {n_points}"
        )
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
        splits=int(sum(iteration["nsplit"] for iteration in kmeans.iteration_stats or [])),
    )


def seed_stability(
    points: npt.NDArray[np.float32], k: int, *, seeds: list[int], restarts: int, iterations: int
) -> float:
    """Return the mean AMI between partitions that differ in nothing but the seed of k-means.

    Near 0, the partition is the seed's, not the coins'.
    """
    return mean_agreement(
        [cluster(points, k, seed=seed, restarts=restarts, iterations=iterations).cluster for seed in seeds]
    )


def mean_agreement(partitions: list[npt.NDArray[np.int64]]) -> float:
    """Return the mean AMI over all pairs of partitions of the same coins."""
    return float(np.mean([agreement(first, second).ami for first, second in combinations(partitions, 2)]))
