"""DeepCluster-v2 (Caron et al. 2020): a memory bank, several heads, and centroids that nothing has to learn.

Taken from the publication: the embeddings of two views of each coin are kept as they come by, and clustered
by angle before each epoch, so that no pass of the network is needed for that; the centroids themselves are
the heads; small crops; a rate that rises and falls. Left out: colour is never changed, coins are not
mirrored, and steps are not scaled by layer, which is for batches of thousands.
"""

import logging
import math
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.clustering.partition import Clustering
from coin_xai.common.random_streams import torch_stream
from coin_xai.common.stages import Advance, Stage, unwatched
from coin_xai.deepcluster.head import FittedHead
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import Epoch, Figures, Outcome, figures_of, partition
from coin_xai.deepcluster.state import State
from coin_xai.deepcluster.trainer import Trainer
from coin_xai.deepcluster.v2.crops import LARGE
from coin_xai.deepcluster.v2.embedder import Embedder
from coin_xai.deepcluster.v2.projection import Projection, head_of, logits_of
from coin_xai.deepcluster.v2.prototypes import Head, heads_of_bank, heads_of_clusters, numbers_of_clusters
from coin_xai.deepcluster.v2.train_prototypes import fill_bank, learn_prototypes
from coin_xai.matching.cut_out import Frame
from coin_xai.photographs.background import Outline
from coin_xai.photographs.pixels import Pixels

log = logging.getLogger(__name__)

ALGORITHM_VERSION = "deepcluster-v2-4"
"""Changes whenever the same photographs and options would give another partition."""


class DeepClusterV2(Trainer):
    """A network with a projection, their optimiser, and the bank; `run_epoch` takes them one epoch further.

    The same is promised as for `DeepCluster`: epoch n is the same, bit for bit, whether the object lived
    through all epochs or was restored from `state()` on the way.
    """

    def __init__(
        self,
        pixels: Pixels,
        options: TrainingOptions,
        *,
        device: torch.device,
        outlines: Sequence[Outline | None] | None = None,
        frames: Sequence[Frame] | None = None,
    ) -> None:
        """Draw a fresh network; see `Trainer`."""
        super().__init__(pixels, options, device=device, outlines=outlines, frames=frames)
        draw = torch_stream(options.seed, "projection")
        projection = Projection(self.network.head.in_features, generator=draw).to(device)
        self.embedder = Embedder(self.network, projection, precision=options.precision)
        self.bank = torch.zeros(LARGE, len(pixels), projection.linear.out_features, device=device)
        self.optimiser = self._optimiser_of(self.embedder.parameters_that_learn())
        if options.small_crops and self.network.small_crop_px == self.network.input_size_px:
            log.info(
                "the linear layers of %s want photographs of one size, so small crops are enlarged to it",
                options.network,
            )

    @property
    def photographs_per_epoch(self) -> int:
        """How many photographs pass through the network in this epoch, whatever the number of their views."""
        return (self.options.passes + self._starts_cold) * len(self.pixels)

    def run_epoch(self, *, advance: Advance = lambda _: None) -> Epoch:
        """Cluster the bank, or take what was found beforehand; learn that, and return what happened.

        Args:
            advance: called with the number of photographs done, `photographs_per_epoch` in all.

        Raises:
            OptionError: learning diverged, or the photographs cannot be clustered.
        """
        started = time.perf_counter()
        cold = self._starts_cold
        if cold:
            fill_bank(
                self.embedder, self.shown, self.bank, self.options, advance=advance, workers=self.workers
            )
        filled = time.perf_counter()
        heads, clustering, about_seeds = self._heads()
        clustered = time.perf_counter()
        learnt = learn_prototypes(
            self.embedder,
            self.optimiser,
            self.shown,
            heads,
            self.bank,
            self.options,
            epoch=self.epochs_done,
            advance=advance,
            workers=self.workers,
        )
        ended = time.perf_counter()
        metrics: Figures = {
            "epoch": self.epochs_done,
            "dimensions": None,
            **about_seeds,
            **figures_of(clustering, self.previous),
            "loss": learnt.loss,
            "loss_of_chance": float(np.mean([math.log(len(np.unique(head.cluster))) for head in heads])),
            "learning_accuracy": learnt.accuracy,
            "seconds_features": filled - started if cold else None,
            "seconds_clustering": clustered - filled,
            "seconds_learning": ended - clustered,
        }
        epoch = Epoch(self.epochs_done, clustering, metrics)
        self.previous = clustering.cluster
        self.epochs_done += 1
        return epoch

    def finish(self, *, advance: Advance = lambda _: None) -> Outcome:
        """Cluster the embeddings of the photographs themselves; the centroids become the network's head.

        Learning may go on afterwards as if this had not happened.
        """
        features = self.features(advance=advance)
        reduction = self.embedder.projection.reduction()
        points = reduction.apply(features)
        clustering, about_seeds = partition(
            points, self.options, epoch=self.epochs_done, gpu=self.gpu, spherical=True
        )
        layer = self._new_head(len(clustering.class_to_cluster))
        weight, bias = head_of(reduction, clustering.centroids[clustering.class_to_cluster])
        layer.load_state_dict({"weight": weight, "bias": bias})
        logits = logits_of(features, weight, bias)
        fit = float((logits.argmax(axis=1) == clustering.class_index).mean())
        metrics: Figures = {
            "epoch": self.epochs_done,
            "dimensions": None,
            **about_seeds,
            **figures_of(clustering, self.previous),
            "head_fit": fit,
        }
        last = Epoch(self.epochs_done, clustering, metrics)
        head = FittedHead(weight=weight, bias=bias, logits=logits, fit=fit, weight_penalty=0.0)
        return Outcome(last=last, whitening=reduction, clustering=clustering, head=head)

    def points(self, *, stage: Stage = unwatched) -> npt.NDArray[np.float32]:
        """Return points that do not depend on k: once the network has learnt, its embeddings (N x d)."""
        if self.epochs_done == 0:
            return super().points(stage=stage)
        with stage("features", len(self.pixels)) as advance:
            return self.embedder.projection.reduction().apply(self.features(advance=advance))

    def state(self) -> State:
        """Return all that a continuation needs."""
        fixed = self.fixed_clusters.state()
        return {
            "trainer": self.options.trainer,
            "epochs_done": self.epochs_done,
            "network": self.network.state_dict(),
            "projection": self.embedder.projection.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "bank": self.bank,
            "previous": None if self.previous is None else torch.from_numpy(self.previous),
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
        self.embedder.projection.load_state_dict(state["projection"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.bank.copy_(state["bank"])
        self.previous = None if state["previous"] is None else state["previous"].numpy()
        self.fixed_clusters.restore(state)

    @property
    def _learns_beforehand(self) -> bool:
        """Whether this epoch learns clusters that the network did not make."""
        return self.epochs_done < self.options.start_epochs and self.fixed_clusters.used_in(0)

    @property
    def _starts_cold(self) -> bool:
        """Whether the bank, which has seen nothing yet, is to be clustered."""
        return self.epochs_done == 0 and not self._learns_beforehand

    def _heads(self) -> tuple[list[Head], Clustering, Figures]:
        """Return what this epoch learns, the clusters of its first head, and how much their seed matters."""
        if not self._learns_beforehand:
            return heads_of_bank(self.bank, self.options, epoch=self.epochs_done, gpu=self.gpu)
        numbers = numbers_of_clusters(self.options.k, len(self.pixels))
        if self.fixed_clusters.given is not None:  # in one number alone
            numbers = numbers[:1]
        found = [self.fixed_clusters.cluster(k) for k in numbers]
        heads = heads_of_clusters(
            [clustering.cluster for clustering, _ in found],
            self.options,
            dimensions=self.bank.shape[2],
            device=self.device,
        )
        return heads, *found[0]
