"""The alternation of DeepCluster: features, clustering, learning; one epoch at a time."""

import math
import time

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.clustering.partition import Clustering
from coin_xai.common.random_streams import torch_stream
from coin_xai.common.stages import Advance
from coin_xai.deepcluster.head import fit_head
from coin_xai.deepcluster.partitioning import Epoch, Figures, Outcome, figures_of, partition
from coin_xai.deepcluster.state import State
from coin_xai.deepcluster.train_epoch import Learnt, train_epoch
from coin_xai.deepcluster.trainer import FEATURES, Trainer
from coin_xai.networks import initialise
from coin_xai.optimisation.ranks import END

ALGORITHM_VERSION = "deepcluster-10"
"""Changes whenever the same photographs and options would give another partition."""
LEARN = 2
"""The order to learn, with the epoch and the number of classes; see `Ranks`."""


class DeepCluster(Trainer):
    """A network, its optimiser and the last partition; `run_epoch` takes them one epoch further.

    Given the same photographs, options, processor and number of threads, epoch n is the same, bit for bit,
    whether the object lived through all epochs or was restored from `state()` on the way. On a GPU it is the
    same up to the order in which cuDNN's and faiss's kernels add numbers.
    """

    learnt_head: torch.nn.Linear | None = None

    @property
    def photographs_per_epoch(self) -> int:
        """How many photographs pass through the network in an epoch."""
        return (self.options.passes + (not self.fixed_clusters.used_in(self.epochs_done))) * len(self.pixels)

    def run_epoch(self, *, advance: Advance = lambda _: None) -> Epoch:
        """Cluster, learn the clusters, and return what happened.

        Args:
            advance: called with the number of photographs done, `photographs_per_epoch` in all.

        Raises:
            OptionError: learning diverged, or the photographs cannot be clustered.
        """
        started = time.perf_counter()
        points, extracted = None, started
        beforehand = self.fixed_clusters.used_in(self.epochs_done)
        if not beforehand:  # what matches is the same whatever the network has learnt
            features = self.features(advance=advance)
            extracted = time.perf_counter()
            _whitening, points = self.whiten(features)
            del features  # larger than the network where there are many coins
        epoch = self._cluster(points)
        clustered = time.perf_counter()
        self._take_up_head(epoch.clustering)
        self.ranks.tell(LEARN, self.epochs_done, len(epoch.clustering.class_to_cluster))
        learnt = self.teach(epoch.clustering.class_index, advance=advance)
        ended = time.perf_counter()
        self.previous, self.learnt_head = epoch.clustering.cluster, self.network.head
        self.epochs_done += 1
        epoch.metrics.update(
            loss=learnt.loss,
            loss_of_chance=math.log(len(epoch.clustering.class_to_cluster)),
            learning_accuracy=learnt.accuracy,
            seconds_features=None if beforehand else extracted - started,
            seconds_clustering=clustered - extracted,
            seconds_learning=ended - clustered,
        )
        return epoch

    def teach(self, class_index: npt.NDArray[np.int64], *, advance: Advance = lambda _: None) -> Learnt:
        """Let the network learn classes (N) for an epoch: this process's part of it.

        Args:
            class_index: of each photograph; overwritten with those of the first process.
            advance: called with the number of photographs done.

        Raises:
            OptionError: learning diverged.
        """
        if not self.ranks.alone:
            self.ranks.from_first(torch.from_numpy(class_index))
            self._share_momentum()
        with self.threads():
            return train_epoch(
                self.network,
                self.optimiser,
                self.shown,
                class_index,
                self.options,
                epoch=self.epochs_done,
                device=self.device,
                advance=advance,
                workers=self.workers,
                ranks=self.ranks,
            )

    def follow(self) -> None:
        """Do this process's part of what the first process does, until that has nothing more to do.

        Nothing that is held here counts: weights, momentum and classes come from the first process, which
        alone clusters, and whose state alone is kept.
        """
        while (told := self.ranks.hear())[0] != END:
            order, epoch, n_classes = told
            if order == FEATURES:
                self.extract()
            else:
                self.epochs_done = epoch
                self._new_head(n_classes)
                self.teach(np.empty(len(self.pixels), dtype=np.int64))

    def finish(self, *, advance: Advance = lambda _: None) -> Outcome:
        """Cluster once more with the final weights and fit the head to that.

        The head becomes that of the network. Learning may go on afterwards as if this had not happened.
        """
        features = self.features(advance=advance)
        whitening, points = self.whiten(features)
        if self.fixed_clusters.enabled:
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

    def state(self) -> State:
        """Return all that a continuation needs."""
        fixed = self.fixed_clusters.state()
        return {
            "trainer": self.options.trainer,
            "epochs_done": self.epochs_done,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "previous": None if self.previous is None else torch.from_numpy(self.previous),
            "learnt_head": None if self.learnt_head is None else self.learnt_head.state_dict(),
            "matching": fixed["matching"],
            "given": fixed["given"],
            "standing": fixed["standing"],
            "at_any_angle": fixed["at_any_angle"],
        }

    def restore(self, state: State) -> None:
        """Continue from what `state` returned.

        Raises:
            OptionError: it is the state of another trainer.
        """
        self._refuse_others(state)
        self.epochs_done = state["epochs_done"]
        self._new_head(len(state["network"]["head.bias"]))
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.previous = None if state["previous"] is None else state["previous"].numpy()
        self.fixed_clusters.restore(state)
        learnt_head = state["learnt_head"]
        self.learnt_head = None
        if learnt_head is not None:
            self.learnt_head = self._linear(len(learnt_head["bias"]))
            self.learnt_head.load_state_dict(learnt_head)

    def _share_momentum(self) -> None:
        """Go on with the momentum of the first process; there is none before the first epoch."""
        states = [self.optimiser.state[weight] for weight in self.network.backbone()]
        moved = torch.tensor("momentum_buffer" in states[0])
        self.ranks.from_first(moved)
        if moved:
            for weight, state in zip(self.network.backbone(), states, strict=True):
                state.setdefault("momentum_buffer", torch.empty_like(weight.detach()))
                self.ranks.from_first(state["momentum_buffer"])

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

    def _cluster(self, points: npt.NDArray[np.float32] | None) -> Epoch:
        """Partition the coins by points, or without any as was found beforehand."""
        if points is not None:
            clustering, about_seeds = partition(points, self.options, epoch=self.epochs_done, gpu=self.gpu)
        else:
            clustering, about_seeds = self.fixed_clusters.cluster()
        metrics: Figures = {
            "epoch": self.epochs_done,
            "dimensions": None if points is None else points.shape[1],
            **about_seeds,
            **figures_of(clustering, self.previous),
        }
        return Epoch(self.epochs_done, clustering, metrics)
