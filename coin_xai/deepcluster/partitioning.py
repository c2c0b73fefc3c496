"""One epoch of DeepCluster's alternation: how its coins are partitioned, and the figures of that."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from coin_xai.clustering.agreement import agreement, moved_share
from coin_xai.clustering.consensus import consensus, stability
from coin_xai.clustering.kmeans import cluster, mean_agreement
from coin_xai.clustering.partition import Clustering
from coin_xai.clustering.pic import cluster_by_power_iteration
from coin_xai.clustering.reduction import Whitening
from coin_xai.common.random_streams import integer, stream
from coin_xai.deepcluster.head import FittedHead
from coin_xai.deepcluster.options import TrainingOptions

STABILITY_SEEDS = 3
CONSENSUS_SEEDS = 20
"""How many vote where clusters are found once: on 1,226 reverses 4, 10, 20 and 30 of them made the partitions
of two runs agree with AMI 0.89, 0.93, 0.93 and 0.94; one alone 0.87."""
MOST_RESTARTED = 4000
"""Coins. Of more, twice as many seeds vote that start once: a quarter of the time (docs/partitions.md)."""

Figures = dict[str, float | int | None]
"""Of an epoch, by name; None for what is not known."""


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
    metrics: Figures


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
    points: npt.NDArray[np.float32],
    options: TrainingOptions,
    *,
    epoch: int,
    gpu: bool,
    spherical: bool = False,
) -> tuple[Clustering, Figures]:
    """Return a partition of points (N x d), what its random choices were and how much they matter.

    Args:
        points: what the network makes of the coins, whitened.
        options: how to cluster.
        epoch: how many epochs the network has learnt; names the streams of random numbers.
        gpu: compute on the GPUs.
        spherical: compare angles, of points of length 1.

    Raises:
        OptionError: there are too few points.
    """
    if options.clustering == "pic":
        return cluster_by_power_iteration(points), {"kmeans_seed": None, "seed_stability_ami": None}
    first, *others = _by_kmeans(
        points, options, seeds=1 + STABILITY_SEEDS, epoch=epoch, gpu=gpu, spherical=spherical
    )
    partitions = [one.cluster for one in others]
    found = replace(first, stability=stability(partitions, first.cluster))
    return found, _about_seeds(options, partitions, epoch=epoch)


def partition_once(
    points: npt.NDArray[np.float32], options: TrainingOptions, *, gpu: bool
) -> tuple[Clustering, Figures]:
    """Return the same of points that do not change with the network (N x d), as a consensus of many seeds.

    Nor do the seeds change: every epoch learns the same clusters.

    Raises:
        OptionError: there are too few points.
    """
    seeds = CONSENSUS_SEEDS
    if len(points) > MOST_RESTARTED:
        options, seeds = options.model_copy(update={"kmeans_restarts": 1}), 2 * CONSENSUS_SEEDS
    found = _by_kmeans(points, options, seeds=seeds, epoch=0, gpu=gpu)
    partitions = [one.cluster for one in found]
    best = min(found, key=lambda one: one.objective)
    agreed = consensus(partitions, best.cluster)
    clustering = replace(best, cluster=agreed, stability=stability(partitions, agreed)).among(points)
    return clustering, _about_seeds(options, partitions[1 : 1 + STABILITY_SEEDS], epoch=0)


def _by_kmeans(
    points: npt.NDArray[np.float32],
    options: TrainingOptions,
    *,
    seeds: int,
    epoch: int,
    gpu: bool,
    spherical: bool = False,
) -> list[Clustering]:
    """Return so many partitions that differ in nothing but their seed."""
    draw = stream(options.seed, "k-means", epoch)
    return [
        cluster(
            points,
            options.k,
            seed=integer(draw),
            restarts=options.kmeans_restarts,
            iterations=options.kmeans_iterations,
            gpu=gpu,
            spherical=spherical,
        )
        for _ in range(seeds)
    ]


def _about_seeds(options: TrainingOptions, partitions: list[npt.NDArray[np.int64]], *, epoch: int) -> Figures:
    """Return the first seed of k-means, and how far partitions from others agree."""
    seed = integer(stream(options.seed, "k-means", epoch))
    return {"kmeans_seed": seed, "seed_stability_ami": mean_agreement(partitions)}


def figures_of(clustering: Clustering, previous: npt.NDArray[np.int64] | None) -> Figures:
    """Return the figures of a partition, and of its agreement with the one before it, if there is one (N)."""
    to_previous = None if previous is None else agreement(previous, clustering.cluster)
    return {
        "objective": clustering.objective if clustering.centroids.shape[1] else None,  # none of given ones
        "clusters": len(clustering.class_to_cluster),
        "largest_cluster_share": float(clustering.sizes.max() / len(clustering.cluster)),
        "empty_clusters": int((clustering.sizes == 0).sum()),
        "splits": clustering.splits,
        "ami_to_previous": None if to_previous is None else to_previous.ami,
        "nmi_to_previous": None if to_previous is None else to_previous.nmi,
        "ari_to_previous": None if to_previous is None else to_previous.ari,
        "moved_share": None if previous is None else moved_share(previous, clustering.cluster),
    }
