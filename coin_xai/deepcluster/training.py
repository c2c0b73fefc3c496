"""The alternation of DeepCluster: features, clustering, learning; one epoch at a time."""

import math
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.deepcluster.epoch import (
    Epoch,
    Metrics,
    Outcome,
    figures_of,
    partition,
    partition_matching,
)
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.head import fit_head
from coin_xai.deepcluster.hog import extract_hog
from coin_xai.deepcluster.learning import learn
from coin_xai.deepcluster.matching import describe, matching_coins
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partition import Clustering
from coin_xai.deepcluster.reduction import Whitening, default_dimensions, fit_whitening
from coin_xai.deepcluster.seeds import torch_stream
from coin_xai.deepcluster.spectral import embed, join
from coin_xai.networks import build, initialise
from coin_xai.networks.initial_weights import Taken, take_weights
from coin_xai.pixels import Pixels

ALGORITHM_VERSION = "deepcluster-5"
"""Changes whenever the same photographs and options would give another partition."""

MOST_WORKERS = 8

Advance = Callable[[int], None]


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
        self.matching: npt.NDArray[np.int64] | None = None
        self.learnt_head: torch.nn.Linear | None = None
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
        self._matched: tuple[Clustering, Metrics] | None = None
        self._by_matching = self.options.clustering == "matching"
        self._gpu = device.type == "cuda"
        # A processor is busy with learning itself; beside a GPU it has nothing else to do.
        self._workers = min(MOST_WORKERS, os.cpu_count() or 1) if self._gpu else 1

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

    @property
    def photographs_per_epoch(self) -> int:
        """How many photographs pass through the network in an epoch."""
        return (self.options.passes + (not self._by_matching)) * len(self.pixels)

    @property
    def to_match(self) -> bool:
        """Whether `match` has something to do; the first clustering does it if nobody did before."""
        return self._by_matching and self.matching is None

    def match(self, *, advance: Advance = lambda _: None) -> None:
        """Find the coins whose parts match each coin's, once a run.

        Args:
            advance: called with the number of photographs done, `MATCHING_PASSES` times each.
        """
        if self.to_match:
            cells = describe(self.pixels, centre_crop=self.options.centre_crop, advance=advance)
            self.matching = matching_coins(cells, device=self.device, advance=advance)

    def run_epoch(self, *, advance: Advance = lambda _: None) -> Epoch:
        """Cluster, learn the clusters, and return what happened.

        Args:
            advance: called with the number of photographs done, `photographs_per_epoch` in all.

        Raises:
            OptionError: learning diverged, or the photographs cannot be clustered.
        """
        started = time.perf_counter()
        points, extracted = None, started
        if not self._by_matching:  # what matches is the same whatever the network has learnt
            features = self.features(advance=advance)
            extracted = time.perf_counter()
            _whitening, points = self._whiten(features)
            del features  # larger than the network where there are many coins
        epoch = self._cluster(points)
        clustered = time.perf_counter()
        self._take_up_head(epoch.clustering)
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
        self.previous, self.learnt_head = epoch.clustering.cluster, self.network.head
        self.epochs_done += 1
        epoch.metrics.update(
            loss=learnt.loss,
            loss_of_chance=math.log(len(epoch.clustering.class_to_cluster)),
            learning_accuracy=learnt.accuracy,
            seconds_features=None if self._by_matching else extracted - started,
            seconds_clustering=clustered - extracted,
            seconds_learning=ended - clustered,
        )
        return epoch

    def finish(self, *, advance: Advance = lambda _: None) -> Outcome:
        """Cluster once more with the final weights and fit the head to that.

        The head becomes that of the network. Learning may go on afterwards as if this had not happened.
        """
        features = self.features(advance=advance)
        whitening, points = self._whiten(features)
        if self._by_matching:
            last = self._cluster(None)
            clustering = last.clustering.among(points)
        else:
            last = self._cluster(points)
            clustering = last.clustering
        head = fit_head(features, clustering.class_index)
        last.metrics["head_fit"] = head.fit
        layer = self._new_head(len(head.bias))
        layer.load_state_dict({"weight": head.weight, "bias": head.bias})
        return Outcome(last=last, whitening=whitening, clustering=clustering, head=head)

    def baseline(self, *, advance: Advance = lambda _: None) -> Clustering:
        """Cluster descriptors that nothing learnt, histograms of oriented gradients, in the same way.

        Whatever the network is said to have found in the coins should be more than this finds.
        """
        descriptors = extract_hog(self.pixels, centre_crop=self.options.centre_crop, advance=advance)
        return self._cluster_without_learning(descriptors)

    def untrained(self, *, advance: Advance = lambda _: None) -> Clustering:
        """Cluster the features of the network before its first epoch: what its layout sees by itself."""
        return self._cluster_without_learning(self.features(advance=advance))

    def points(self, *, advance: Advance = lambda _: None) -> npt.NDArray[np.float32]:
        """Return the coins as points that do not depend on k, in rows of length 1 (N x d).

        Whitened features, or where coins are matched their places along the slowest modes of the graph.

        Args:
            advance: called with the number of photographs done, for each once, or `MATCHING_PASSES` times
                to match it.
        """
        self.match(advance=advance)
        if self.matching is None:
            return self._whiten(self.features(advance=advance))[1]
        return embed(join(self.matching), min(self.dimensions, len(self.matching) - 1))

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
            "matching": None if self.matching is None else torch.from_numpy(self.matching),
            "learnt_head": None if self.learnt_head is None else self.learnt_head.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state` returned."""
        self.epochs_done = state["epochs_done"]
        self._new_head(len(state["network"]["head.bias"]))
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.previous = None if state["previous"] is None else state["previous"].numpy()
        # Checkpoints of older versions have neither.
        matching, learnt_head = state.get("matching"), state.get("learnt_head")
        self.matching = None if matching is None else matching.numpy()
        self._matched = None
        self.learnt_head = None
        if learnt_head is not None:
            self.learnt_head = self._linear(len(learnt_head["bias"]))
            self.learnt_head.load_state_dict(learnt_head)

    def _take_up_head(self, clustering: Clustering) -> None:
        """Go on with the head that learnt these clusters, or with a new one if they are others."""
        same = self.previous is not None and np.array_equal(clustering.cluster, self.previous)
        if same and self.learnt_head is not None:
            self.network.head = self.learnt_head
            return
        # One that is fitted to the features is no better a start: under dropout and varied views it knows no
        # more clusters than chance.
        head = self._new_head(len(clustering.class_to_cluster))
        initialise(head, torch_stream(self.options.seed, "head", self.epochs_done, device=self.device))

    def _new_head(self, n_classes: int) -> torch.nn.Linear:
        self.network.head = self._linear(n_classes)
        return self.network.head

    def _linear(self, n_classes: int) -> torch.nn.Linear:
        return torch.nn.Linear(self.network.head.in_features, n_classes, device=self.device)

    def _whiten(self, features: npt.NDArray[np.float32]) -> tuple[Whitening, npt.NDArray[np.float32]]:
        whitening = fit_whitening(features, self.dimensions)
        return whitening, whitening.apply(features)

    def _cluster_matching(self) -> tuple[Clustering, Metrics]:
        if self._matched is None:  # once a process: whatever is learnt, it stays
            self.match()
            assert self.matching is not None
            self._matched = partition_matching(self.matching, self.options, gpu=self._gpu)
        return self._matched

    def _cluster_without_learning(self, descriptors: npt.NDArray[np.float32]) -> Clustering:
        _whitening, points = self._whiten(descriptors)
        clustering, _about_seeds = partition(points, self.options, epoch=0, gpu=self._gpu)
        return clustering

    def _cluster(self, points: npt.NDArray[np.float32] | None) -> Epoch:
        """Partition the coins by points, or without any by what matches."""
        if points is not None:
            clustering, about_seeds = partition(points, self.options, epoch=self.epochs_done, gpu=self._gpu)
        else:
            clustering, about_seeds = self._cluster_matching()
        metrics: Metrics = {
            "epoch": self.epochs_done,
            "dimensions": None if points is None else points.shape[1],
            **about_seeds,
            **figures_of(clustering, self.previous),
        }
        return Epoch(self.epochs_done, clustering, metrics)
