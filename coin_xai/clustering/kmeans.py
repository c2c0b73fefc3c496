"""k-means by faiss, and what the result says about itself."""

from itertools import combinations

import faiss
import numpy as np
import numpy.typing as npt

from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.partition import Clustering
from coin_xai.errors import OptionError


def cluster(
    points: npt.NDArray[np.float32],
    k: int,
    *,
    seed: int,
    restarts: int,
    iterations: int,
    gpu: bool = False,
    spherical: bool = False,
) -> Clustering:
    """Cluster points (N x d) into k groups by Euclidean distance, or by the angle between them.

    faiss never leaves a cluster empty while it iterates: it splits a large one into two. The last assignment
    comes after the last split, and can leave one empty all the same; both are counted.

    Args:
        points: finite, N x d.
        k: number of clusters.
        seed: of the initial centroids.
        restarts: how often to begin anew; the best result is kept.
        iterations: the most per restart; faiss stops when nothing improves any more.
        gpu: compute on the GPUs.
        spherical: keep the centroids at length 1, as the points must be: the nearest is that of the largest
            cosine.

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
        spherical=spherical,
        min_points_per_centroid=1,  # silences a warning meant for vector databases
        max_points_per_centroid=n_points,  # use every coin, never a sample
    )
    kmeans.train(points)
    found, nearest = kmeans.index.search(points, 1)
    return Clustering(
        cluster=nearest[:, 0].astype(np.int64),
        distance=np.maximum(2 - 2 * found[:, 0], 0) if spherical else found[:, 0],
        centroids=np.array(kmeans.centroids),
        splits=int(sum(iteration["nsplit"] for iteration in kmeans.iteration_stats or [])),
    )


def mean_agreement(partitions: list[npt.NDArray[np.int64]]) -> float:
    """Return the mean AMI over all pairs of partitions of the same coins.

    Of partitions that differ in nothing but the seed of k-means: near 0, they are the seed's, not the coins'.
    """
    return float(np.mean([agreement(first, second).ami for first, second in combinations(partitions, 2)]))
