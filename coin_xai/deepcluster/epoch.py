"""One epoch of DeepCluster's alternation: how its coins are partitioned, and the figures of that."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_xai.agreement import agreement, moved_share
from coin_xai.deepcluster.head import FittedHead
from coin_xai.deepcluster.kmeans import cluster, seed_stability
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partition import Clustering
from coin_xai.deepcluster.pic import cluster_by_power_iteration
from coin_xai.deepcluster.reduction import Whitening
from coin_xai.deepcluster.seeds import integer, stream
from coin_xai.deepcluster.spectral import embed, join

STABILITY_SEEDS = 3

Metrics = dict[str, float | int | None]


@dataclass(frozen=True)
class Epoch:
    """What one epoch leaves behind.

    Attributes:
        number: how many epochs the network had learnt before this clustering.
        clustering: the partition, made from the weights before this epoch's learning, or from what matches.
        metrics: figures of the epoch by name; None where there is nothing to compare with.
    """

    number: int
    clustering: Clustering
    metrics: Metrics


@dataclass(frozen=True)
class Outcome:
    """The end of a training: the last partition and a head that reproduces it.

    Attributes:
        last: the partition and its figures, as of an epoch.
        whitening: the reduction of the last features.
        clustering: the same clusters among the whitened features, whatever they were found among.
        head: fitted to the last features.
    """

    last: Epoch
    whitening: Whitening
    clustering: Clustering
    head: FittedHead


def partition(
    points: npt.NDArray[np.float32], options: TrainingOptions, *, epoch: int, gpu: bool
) -> tuple[Clustering, Metrics]:
    """Return a partition of points (N x d), what its random choices were and how much they matter.

    Args:
        points: what the network makes of the coins, whitened.
        options: how to cluster.
        epoch: how many epochs the network has learnt; names the streams of random numbers.
        gpu: compute on the GPUs.

    Raises:
        OptionError: there are too few points.
    """
    if options.clustering == "pic":
        return cluster_by_power_iteration(points), {"kmeans_seed": None, "seed_stability_ami": None}
    return _by_kmeans(points, options, epoch=epoch, gpu=gpu)


def partition_matching(
    matching: npt.NDArray[np.int64], options: TrainingOptions, *, gpu: bool
) -> tuple[Clustering, Metrics]:
    """Return the same of the graph of the coins that match each coin best (N x count).

    The graph never changes, so neither does the seed: every epoch learns the same clusters. Their centroids
    and distances are among the places of the coins in the graph.

    Raises:
        OptionError: there are too few coins.
    """
    return _by_kmeans(embed(join(matching), options.k), options, epoch=0, gpu=gpu)


def _by_kmeans(
    points: npt.NDArray[np.float32], options: TrainingOptions, *, epoch: int, gpu: bool
) -> tuple[Clustering, Metrics]:
    draw = stream(options.seed, "k-means", epoch)
    seed, *other_seeds = (integer(draw) for _ in range(1 + STABILITY_SEEDS))
    settings = {"restarts": options.kmeans_restarts, "iterations": options.kmeans_iterations}
    clustering = cluster(points, options.k, seed=seed, gpu=gpu, **settings)
    stability = seed_stability(points, options.k, seeds=other_seeds, **settings)
    return clustering, {"kmeans_seed": seed, "seed_stability_ami": stability}


def figures_of(clustering: Clustering, previous: npt.NDArray[np.int64] | None) -> Metrics:
    """Return the figures of a partition, and of its agreement with the one before it, if there is one (N)."""
    to_previous = None if previous is None else agreement(previous, clustering.cluster)
    return {
        "objective": clustering.objective,
        "clusters": len(clustering.class_to_cluster),
        "largest_cluster_share": float(clustering.sizes.max() / len(clustering.cluster)),
        "empty_clusters": int((clustering.sizes == 0).sum()),
        "splits": clustering.splits,
        "ami_to_previous": None if to_previous is None else to_previous.ami,
        "nmi_to_previous": None if to_previous is None else to_previous.nmi,
        "ari_to_previous": None if to_previous is None else to_previous.ari,
        "moved_share": None if previous is None else moved_share(previous, clustering.cluster),
    }
