"""The alternation of DeepCluster: features, clustering, learning; one epoch at a time."""

import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.agreement import agreement, moved_share
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.head import FittedHead, fit_head
from coin_xai.deepcluster.hog import extract_hog
from coin_xai.deepcluster.kmeans import cluster, seed_stability
from coin_xai.deepcluster.learning import learn
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partition import Clustering
from coin_xai.deepcluster.pic import cluster_by_power_iteration
from coin_xai.deepcluster.reduction import Whitening, default_dimensions, fit_whitening
from coin_xai.deepcluster.seeds import integer, stream, torch_stream
from coin_xai.networks import build, initialise
from coin_xai.networks.initial_weights import Taken, take_weights
from coin_xai.pixels import Pixels

ALGORITHM_VERSION = "deepcluster-3"
"""Changes whenever the same photographs and options would give another partition."""

STABILITY_SEEDS = 3
MOST_WORKERS = 8

Advance = Callable[[int], None]
Metrics = dict[str, float | int | None]


@dataclass(frozen=True)
class Epoch:
    """What one epoch leaves behind.

    Attributes:
        number: how many epochs the network had learnt before this clustering.
        clustering: the partition, made from the weights before this epoch's learning.
        whitening: the reduction that the partition was made in.
        metrics: figures of the epoch by name; None where there is nothing to compare with.
    """

    number: int
    clustering: Clustering
    whitening: Whitening
    metrics: Metrics


@dataclass(frozen=True)
class Outcome:
    """The end of a training: the last partition and a head that reproduces it."""

    last: Epoch
    head: FittedHead


class DeepCluster:
    """A network, its optimiser and the last partition; `run_epoch` takes them one epoch further.

    Given the same photographs, options, processor and number of threads, epoch n is the same, bit for bit,
    whether the object lived through all epochs or was restored from `state()` on the way. On a GPU it is the
    same up to the order in which cuDNN's and faiss's kernels add numbers.
    """

    def __init__(self, pixels: Pixels, options: TrainingOptions, *, device: torch.device) -> None:
        """Draw a fresh network.

        Raises:
            OptionError: the options do not suit so many photographs.
        """
        self.pixels, self.options, self.device = pixels, options.require(len(pixels)), device
        self.epochs_done = 0
        self.previous: npt.NDArray[np.int64] | None = None
        self.network = build(
            options.network,
            k=options.k,
            generator=torch_stream(options.seed, "initial weights", 0),
            sobel=options.sobel,
            sobel_padding=options.sobel_padding,
            width=options.width,
        ).to(device)
        self.network.to(memory_format=torch.channels_last)
        self.optimiser = torch.optim.SGD(
            self.network.backbone(),
            lr=options.learning_rate,
            momentum=options.momentum,
            weight_decay=options.weight_decay,
            fused=True,
        )
        # A processor is busy with learning itself; beside a GPU it has nothing else to do.
        self._workers = 1 if device.type == "cpu" else min(MOST_WORKERS, os.cpu_count() or 1)

    @property
    def dimensions(self) -> int:
        """Number of whitened dimensions asked for."""
        return self.options.pca_dimensions or default_dimensions(len(self.pixels))

    def start_from(self, weights: Mapping[str, Any]) -> Taken:
        """Take over the weights of another network before the first epoch, as far as they fit.

        Raises:
            NetworkError: they do not fit, or are damaged.
        """
        return take_weights(self.network, weights)

    def run_epoch(self, *, advance: Advance = lambda _: None) -> Epoch:
        """Cluster, learn the clusters, and return what happened.

        Args:
            advance: called with the number of photographs done, 1 + passes times per photograph in all.

        Raises:
            OptionError: learning diverged, or the photographs cannot be clustered.
        """
        started = time.perf_counter()
        features = self.features(advance=advance)
        extracted = time.perf_counter()
        epoch = self._cluster(features)
        del features  # larger than the network where there are many coins
        clustered = time.perf_counter()
        # Cluster ids, and so what a head has learnt, do not last an epoch. One that is fitted to the features
        # is no better a start: under dropout and varied views it knows no more clusters than chance.
        head = self._new_head(len(epoch.clustering.class_to_cluster))
        initialise(head, torch_stream(self.options.seed, "head", self.epochs_done, device=self.device))
        learnt = learn(
            self.network,
            self.optimiser,
            self.pixels,
            epoch.clustering.class_index,
            self.options,
            epoch=self.epochs_done,
            device=self.device,
            advance=advance,
            workers=self._workers,
        )
        ended = time.perf_counter()
        self.previous = epoch.clustering.cluster
        self.epochs_done += 1
        epoch.metrics.update(
            loss=learnt.loss,
            loss_of_chance=math.log(len(epoch.clustering.class_to_cluster)),
            learning_accuracy=learnt.accuracy,
            seconds_features=extracted - started,
            seconds_clustering=clustered - extracted,
            seconds_learning=ended - clustered,
        )
        return epoch

    def finish(self, *, advance: Advance = lambda _: None) -> Outcome:
        """Cluster once more with the final weights and fit the head to that.

        The head becomes that of the network. Learning may go on afterwards as if this had not happened,
        since every epoch begins a new head.
        """
        features = self.features(advance=advance)
        last = self._cluster(features)
        head = fit_head(features, last.clustering.class_index)
        last.metrics["head_fit"] = head.fit
        layer = self._new_head(len(head.bias))
        layer.load_state_dict({"weight": head.weight, "bias": head.bias})
        return Outcome(last=last, head=head)

    def baseline(self, *, advance: Advance = lambda _: None) -> Clustering:
        """Cluster descriptors that nothing learnt, histograms of oriented gradients, in the same way.

        Whatever the network is said to have found in the coins should be more than this finds.
        """
        descriptors = extract_hog(self.pixels, centre_crop=self.options.centre_crop, advance=advance)
        points = fit_whitening(descriptors, self.dimensions).apply(descriptors)
        clustering, _about_seeds = self._partition(points, epoch=0)
        return clustering

    def features(self, *, advance: Advance = lambda _: None) -> npt.NDArray[np.float32]:
        """Return what the network makes of each photograph now (N x d)."""
        return extract_features(
            self.network,
            self.pixels,
            centre_crop=self.options.centre_crop,
            batch_size=self.options.batch_size,
            device=self.device,
            advance=advance,
            precision=self.options.precision,
            workers=self._workers,
        )

    def state(self) -> dict[str, Any]:
        """Return all that a continuation needs, as plain values and tensors."""
        return {
            "epochs_done": self.epochs_done,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "previous": None if self.previous is None else torch.from_numpy(self.previous),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state` returned."""
        self.epochs_done = state["epochs_done"]
        self._new_head(len(state["network"]["head.bias"]))
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.previous = None if state["previous"] is None else state["previous"].numpy()

    def _new_head(self, n_classes: int) -> torch.nn.Linear:
        head = torch.nn.Linear(self.network.head.in_features, n_classes, device=self.device)
        self.network.head = head
        return head

    def _cluster(self, features: npt.NDArray[np.float32]) -> Epoch:
        whitening = fit_whitening(features, self.dimensions)
        points = whitening.apply(features)
        clustering, about_seeds = self._partition(points, epoch=self.epochs_done)
        metrics: Metrics = {
            "epoch": self.epochs_done,
            "dimensions": len(whitening.variances),
            "objective": clustering.objective,
            **about_seeds,
            "clusters": len(clustering.class_to_cluster),
            "largest_cluster_share": float(clustering.sizes.max() / len(points)),
            "empty_clusters": int((clustering.sizes == 0).sum()),
            "splits": clustering.splits,
            "ami_to_previous": None,
            "nmi_to_previous": None,
            "ari_to_previous": None,
            "moved_share": None,
        }
        if self.previous is not None:
            to_previous = agreement(self.previous, clustering.cluster)
            metrics.update(
                ami_to_previous=to_previous.ami,
                nmi_to_previous=to_previous.nmi,
                ari_to_previous=to_previous.ari,
                moved_share=moved_share(self.previous, clustering.cluster),
            )
        return Epoch(self.epochs_done, clustering, whitening, metrics)

    def _partition(self, points: npt.NDArray[np.float32], *, epoch: int) -> tuple[Clustering, Metrics]:
        """Return a partition, and what its random choices were and how much they matter."""
        options = self.options
        if options.clustering == "pic":
            return cluster_by_power_iteration(points), {"kmeans_seed": None, "seed_stability_ami": None}
        draw = stream(options.seed, "k-means", epoch)
        seed, *other_seeds = (integer(draw) for _ in range(1 + STABILITY_SEEDS))
        settings = {"restarts": options.kmeans_restarts, "iterations": options.kmeans_iterations}
        clustering = cluster(points, options.k, seed=seed, gpu=self.device.type == "cuda", **settings)
        stability = seed_stability(points, options.k, seeds=other_seeds, **settings)
        return clustering, {"kmeans_seed": seed, "seed_stability_ami": stability}
