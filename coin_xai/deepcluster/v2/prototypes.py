"""What DeepCluster-v2 learns in an epoch: the centroids of each coin, for several numbers of clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.clustering.kmeans import cluster
from coin_xai.clustering.partition import Clustering
from coin_xai.common.random_streams import integer, stream, torch_stream
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import Figures, partition

MULTIPLES = (1, 2, 4)
"""Of k: how many clusters each head tells apart, the first one those that are asked for."""
COINS_PER_CLUSTER = 2
"""On average at least, in the heads beyond the first."""
TEMPERATURE = 0.1


@dataclass(frozen=True, eq=False)
class Head:
    """The clusters of one number.

    Attributes:
        cluster: of each coin (N).
        prototypes: a point of length 1 for each cluster (k x d); nothing moves them while they are learnt.
    """

    cluster: npt.NDArray[np.int64]
    prototypes: Tensor


def numbers_of_clusters(k: int, n_coins: int) -> list[int]:
    """Return how many clusters each head has."""
    finer = (multiple * k for multiple in MULTIPLES[1:])
    return [k, *(number for number in finer if COINS_PER_CLUSTER * number <= n_coins)]


def heads_of_bank(
    bank: Tensor, options: TrainingOptions, *, epoch: int, gpu: bool
) -> tuple[list[Head], Clustering, Figures]:
    """Cluster a bank of embeddings (2 x N x d); the heads take turns at the views of the coins.

    Returns:
        The heads, the clustering of the first one, and how much its seed matters.

    Raises:
        OptionError: there are too few coins.
    """
    views = bank.cpu().numpy()
    first, about_seeds = partition(views[0], options, epoch=epoch, gpu=gpu, spherical=True)
    finer = [
        cluster(
            views[number % len(views)],
            k,
            seed=integer(stream(options.seed, "k-means of heads", epoch, number)),
            restarts=options.kmeans_restarts,
            iterations=options.kmeans_iterations,
            gpu=gpu,
            spherical=True,
        )
        for number, k in enumerate(numbers_of_clusters(options.k, bank.shape[1])[1:], start=1)
    ]
    heads = [Head(one.cluster, torch.from_numpy(one.centroids).to(bank.device)) for one in (first, *finer)]
    return heads, first, about_seeds


def heads_of_clusters(
    clusters: Sequence[npt.NDArray[np.int64]],
    options: TrainingOptions,
    *,
    dimensions: int,
    device: torch.device,
) -> list[Head]:
    """Give clusters that were not found in the embedding places in it, each in a direction drawn for it.

    Nothing is known of how they lie to each other, so all are to lie equally far; directions drawn in many
    dimensions nearly do.
    """
    heads = []
    for number, found in enumerate(clusters):
        draw = torch_stream(options.seed, "prototypes", number)
        directions = torch.randn(int(found.max()) + 1, dimensions, generator=draw)
        heads.append(Head(found, F.normalize(directions, dim=1).to(device)))
    return heads


def loss_of_heads(embeddings: Tensor, targets: Tensor, heads: Sequence[Head]) -> Tensor:
    """Return the cross-entropy of the cosines over the temperature, the mean over views and heads.

    Args:
        embeddings: of views of coins (n x d, rows of length 1).
        targets: cluster of each in each head (n x heads).
        heads: what is learnt.
    """
    losses = [
        F.cross_entropy(embeddings @ head.prototypes.T / TEMPERATURE, targets[:, number])
        for number, head in enumerate(heads)
    ]
    return torch.stack(losses).mean()
