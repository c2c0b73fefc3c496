"""What every trainer shares: the network, the photographs, and clusters that nothing learnt."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cached_property

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.clustering.partition import Clustering
from coin_xai.clustering.reduction import Whitening, default_dimensions, fit_whitening
from coin_xai.common.random_streams import torch_stream
from coin_xai.common.stages import Advance, Stage, unwatched
from coin_xai.common.threads import one_thread
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.fixed_clusters import FixedClusters
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import Epoch, Outcome, partition
from coin_xai.deepcluster.state import State
from coin_xai.errors import OptionError
from coin_xai.matching.cut_out import Frame
from coin_xai.matching.hog import extract_hog
from coin_xai.networks import ALIGNED, build
from coin_xai.networks.initial_weights import Taken, take_weights
from coin_xai.optimisation.eager import SGD
from coin_xai.optimisation.ranks import ALONE, Ranks
from coin_xai.optimisation.whole_batch import see_whole_batches
from coin_xai.photographs.background import Outline, WithoutBackground, find_outlines
from coin_xai.photographs.pixels import Pixels

MOST_WORKERS = 8
FEATURES = 1
"""The order to extract features; see `Ranks`."""


class Trainer(ABC):
    """A network on a device and the photographs it learns from.

    Attributes:
        pixels: the photographs.
        previous: the partition of the epoch before (N).
        optimiser: of what learns from epoch to epoch.
    """

    def __init__(
        self,
        pixels: Pixels,
        options: TrainingOptions,
        *,
        device: torch.device,
        outlines: Sequence[Outline | None] | None = None,
        frames: Sequence[Frame] | None = None,
        ranks: Ranks = ALONE,
    ) -> None:
        """Draw a fresh network.

        Args:
            pixels: the photographs.
            options: how to train.
            device: where to compute.
            outlines: of the coins in the photographs, looked for if they are needed and not given.
            frames: where the coins lie, laid over each other, looked for if they are needed and not given.
            ranks: the processes that train together, each with a trainer of the same photographs and options.

        Raises:
            OptionError: the options do not suit so many photographs.
        """
        self.pixels, self.options, self.device = pixels, options.require(len(pixels)), device
        self.ranks = ranks
        self._outlines = outlines
        self.epochs_done = 0
        self.previous: npt.NDArray[np.int64] | None = None
        self.network = build(
            options.network,
            k=options.k,
            generator=torch_stream(options.seed, "initial weights", 0),
            sobel=options.sobel,
            sobel_padding=options.sobel_padding,
            width=options.width,
            front=options.front,
        )
        if not ranks.alone:
            see_whole_batches(self.network, ranks, device=device)
        self.network.to(device)
        self.network.to(memory_format=torch.channels_last)
        self.gpu = device.type == "cuda"
        # A processor is busy with learning itself; beside a GPU it has nothing else to do.
        self.workers = min(MOST_WORKERS, os.cpu_count() or 1) if self.gpu else 1
        self.fixed_clusters = FixedClusters(pixels, self.options, device=device, frames=frames)
        self.optimiser = self._optimiser_of(self.network.backbone())

    @cached_property
    def shown(self) -> Pixels:
        """The photographs as the network sees them; what has to be found for that is found now."""
        if self.options.network in ALIGNED:
            return self.fixed_clusters.aligned
        if self.options.background == "remove":
            return WithoutBackground(self.pixels, self._outlines or find_outlines(self.pixels))
        return self.pixels

    @property
    @abstractmethod
    def photographs_per_epoch(self) -> int:
        """How many photographs pass through the network in the next epoch."""

    @abstractmethod
    def run_epoch(self, *, advance: Advance = lambda _: None) -> Epoch:
        """Do one epoch and return what happened.

        Args:
            advance: called with the number of photographs done, `photographs_per_epoch` in all.

        Raises:
            OptionError: learning diverged, or the photographs cannot be clustered.
        """

    @abstractmethod
    def finish(self, *, advance: Advance = lambda _: None) -> Outcome:
        """Cluster once more and give the network the head of that; learning may go on afterwards."""

    @abstractmethod
    def state(self) -> State:
        """Return all that a continuation needs."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Continue from what `state` returned.

        Raises:
            OptionError: it is the state of another trainer.
        """

    @property
    def dimensions(self) -> int:
        """Number of whitened dimensions asked for."""
        return self.options.pca_dimensions or default_dimensions(len(self.pixels))

    def start_from(self, weights: Mapping[str, object]) -> Taken:
        """Take over the weights of another network before the first epoch, as far as they fit.

        Raises:
            NetworkError: they do not fit, or are damaged.
        """
        return take_weights(self.network, weights)

    def baseline(self, *, advance: Advance = lambda _: None) -> Clustering:
        """Cluster descriptors that nothing learnt, histograms of oriented gradients, in the same way.

        Whatever the network is said to have found in the coins should be more than this finds.
        """
        descriptors = extract_hog(self.pixels, centre_crop=self.options.centre_crop, advance=advance)
        return self._cluster_without_learning(descriptors)

    def untrained(self, *, advance: Advance = lambda _: None) -> Clustering:
        """Cluster the features of the network before its first epoch: what its layout sees by itself."""
        return self._cluster_without_learning(self.features(advance=advance))

    def points(self, *, stage: Stage = unwatched) -> npt.NDArray[np.float32]:
        """Return the coins as points that do not depend on k, in rows of length 1 (N x d).

        Whitened features, or where coins are matched their places along the slowest modes of the graph.

        Args:
            stage: is entered for each stage of it.
        """
        if not self.fixed_clusters.enabled:
            with stage("features", len(self.pixels)) as advance:
                return self.whiten(self.features(advance=advance))[1]
        self.fixed_clusters.find(stage=stage)
        return self.fixed_clusters.points(self.dimensions)

    def features(self, *, advance: Advance = lambda _: None) -> npt.NDArray[np.float32]:
        """Return what the network makes of each photograph now (N x d)."""
        self.ranks.tell(FEATURES)
        return self.extract(advance=advance)

    def extract(self, *, advance: Advance = lambda _: None) -> npt.NDArray[np.float32]:
        """Do this process's part of it; weights are those of the first process."""
        if not self.ranks.alone:
            for name, tensor in self.network.state_dict().items():
                if not name.startswith("head."):
                    self.ranks.from_first(tensor)
        with self.threads():
            return extract_features(
                self.network,
                self.shown,
                centre_crop=self.options.centre_crop,
                batch_size=self.options.batch,
                device=self.device,
                advance=advance,
                precision=self.options.precision,
                workers=self.workers,
                ranks=self.ranks,
            )

    def threads(self) -> AbstractContextManager[None]:
        """Compute on one thread meanwhile, where the network is small; another prepares views."""
        small = self.options.network in ALIGNED and self.options.front == "edges" and not self.gpu
        return one_thread() if small else nullcontext()

    def whiten(self, features: npt.NDArray[np.float32]) -> tuple[Whitening, npt.NDArray[np.float32]]:
        """Return the reduction of features (N x d_in), and the points it makes of them (N x d)."""
        whitening = fit_whitening(features, self.dimensions)
        return whitening, whitening.apply(features)

    def _optimiser_of(self, parameters: Iterable[torch.nn.Parameter]) -> SGD:
        return SGD(
            parameters,
            lr=self.options.learning_rate,
            momentum=self.options.momentum,
            weight_decay=self.options.weight_decay,
            fused=True,
        )

    def _refuse_others(self, state: State) -> None:
        made_by = state.get("trainer")
        if made_by is None:  # of a checkpoint that was adopted
            raise OptionError(
                "the checkpoint comes from another program: it can be explained, but its training cannot be "
                "continued"
            )
        if made_by != self.options.trainer:
            raise OptionError(
                f"the checkpoint was made by the trainer {made_by}, and cannot be continued by "
                f"{self.options.trainer}: give --trainer {made_by}, or begin another run"
            )

    def _new_head(self, n_classes: int) -> torch.nn.Linear:
        self.network.head = self._linear(n_classes)
        return self.network.head

    def _linear(self, n_classes: int) -> torch.nn.Linear:
        return torch.nn.Linear(self.network.head.in_features, n_classes, device=self.device)

    def _cluster_without_learning(self, descriptors: npt.NDArray[np.float32]) -> Clustering:
        _whitening, points = self.whiten(descriptors)
        clustering, _about_seeds = partition(points, self.options, epoch=0, gpu=self.gpu)
        return clustering
