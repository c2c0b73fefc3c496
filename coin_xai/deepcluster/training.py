"""The alternation of DeepCluster: features, clustering, learning; one epoch at a time."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from coin_xai.agreement import agreement, moved_share
from coin_xai.deepcluster.augmentation import augment
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.head import FittedHead, fit_head
from coin_xai.deepcluster.kmeans import Clustering, cluster, require_enough_coins, seed_stability
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.reduction import Whitening, default_dimensions, fit_whitening
from coin_xai.deepcluster.sampling import sample_uniformly_over_clusters
from coin_xai.deepcluster.seeds import integer, stream, torch_stream
from coin_xai.networks import build, normalise
from coin_xai.networks.alexnet import initialise
from coin_xai.pixels import Pixels

ALGORITHM_VERSION = "deepcluster-1"
"""Changes whenever the same photographs and options would give another partition."""

STABILITY_SEEDS = 3

Advance = Callable[[int], None]


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
    metrics: dict[str, float | int | None]


@dataclass(frozen=True)
class Outcome:
    """The end of a training: the last partition and a head that reproduces it."""

    last: Epoch
    head: FittedHead


class DeepCluster:
    """A network, its optimiser and the last partition; `run_epoch` takes them one epoch further.

    Given the same photographs, options, device and number of threads, epoch n is the same whether the
    object lived through all epochs or was restored from `state()` on the way.
    """

    def __init__(self, pixels: Pixels, options: TrainingOptions, *, device: torch.device) -> None:
        """Draw a fresh network.

        Raises:
            OptionError: more clusters than photographs.
        """
        require_enough_coins(options.k, len(pixels))
        self.pixels, self.options, self.device = pixels, options, device
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
        backbone = [*self.network.features.parameters(), *self.network.classifier.parameters()]
        self.optimiser = torch.optim.SGD(
            backbone,
            lr=options.learning_rate,
            momentum=options.momentum,
            weight_decay=options.weight_decay,
            fused=True,
        )

    @property
    def dimensions(self) -> int:
        """Number of whitened dimensions in use."""
        return self.options.pca_dimensions or default_dimensions(len(self.pixels))

    def run_epoch(self, *, advance: Advance = lambda _: None) -> Epoch:
        """Cluster, learn the clusters, and return what happened.

        Args:
            advance: called with the number of photographs done, 1 + passes times per photograph in all.
        """
        started = time.perf_counter()
        features = self._features(advance)
        extracted = time.perf_counter()
        epoch = self._cluster(features)
        clustered = time.perf_counter()
        loss, accuracy = self._learn(epoch.clustering, advance)
        learnt = time.perf_counter()
        self.previous = epoch.clustering.cluster
        self.epochs_done += 1
        epoch.metrics.update(
            loss=loss,
            loss_of_chance=math.log(len(epoch.clustering.class_to_cluster)),
            learning_accuracy=accuracy,
            seconds_features=extracted - started,
            seconds_clustering=clustered - extracted,
            seconds_learning=learnt - clustered,
        )
        return epoch

    def finish(self, *, advance: Advance = lambda _: None) -> Outcome:
        """Cluster once more with the final weights and fit the head to that.

        The head becomes that of the network. Learning may go on afterwards as if this had not happened,
        since every epoch draws a new head.
        """
        features = self._features(advance)
        last = self._cluster(features)
        head = fit_head(features, last.clustering.class_index)
        last.metrics["head_fit"] = head.fit
        layer = self._new_head(len(head.bias))
        layer.load_state_dict({"weight": head.weight, "bias": head.bias})
        return Outcome(last=last, head=head)

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

    def _features(self, advance: Advance) -> npt.NDArray[np.float32]:
        return extract_features(
            self.network,
            self.pixels,
            size_px=self.network.input_size_px,
            centre_crop=self.options.centre_crop,
            batch_size=self.options.batch_size,
            device=self.device,
            advance=advance,
        )

    def _cluster(self, features: npt.NDArray[np.float32]) -> Epoch:
        options = self.options
        whitening = fit_whitening(features, self.dimensions)
        points = whitening.apply(features)
        draw = stream(options.seed, "k-means", self.epochs_done)
        seed, *other_seeds = (integer(draw) for _ in range(1 + STABILITY_SEEDS))
        settings = {"restarts": options.kmeans_restarts, "iterations": options.kmeans_iterations}
        clustering = cluster(points, options.k, seed=seed, gpu=self.device.type == "cuda", **settings)
        metrics: dict[str, float | int | None] = {
            "epoch": self.epochs_done,
            "dimensions": len(whitening.variances),
            "objective": clustering.objective,
            "kmeans_seed": seed,
            "seed_stability_ami": seed_stability(points, options.k, seeds=other_seeds, **settings),
            "largest_cluster_share": float(clustering.sizes.max() / len(points)),
            "empty_clusters": int((clustering.sizes == 0).sum()),
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

    def _learn(self, clustering: Clustering, advance: Advance) -> tuple[float, float]:
        """Teach the network the clusters and return mean loss and mean accuracy on the way."""
        options, network, number = self.options, self.network, self.epochs_done
        # Cluster ids do not correspond from epoch to epoch, so neither does what a head has learnt.
        head = self._new_head(len(clustering.class_to_cluster))
        initialise(head, torch_stream(options.seed, "head", number, self.device))
        head_optimiser = torch.optim.SGD(
            head.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
        )
        order = sample_uniformly_over_clusters(
            clustering.cluster,
            options.passes * len(self.pixels),
            generator=stream(options.seed, "sampling", number),
        )
        views = stream(options.seed, "augmentation", number)
        total_loss = total_right = 0.0
        network.train()
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            torch.manual_seed(integer(stream(options.seed, "dropout", number)))
            for positions in _batches(order, options.batch_size):
                batch = torch.stack(
                    [
                        augment(
                            self.pixels[position],
                            options.augmentation,
                            size_px=network.input_size_px,
                            generator=views,
                        )
                        for position in positions
                    ]
                )
                target = torch.from_numpy(clustering.class_index[positions]).to(self.device)
                logits = network(normalise(batch.to(self.device)))
                loss = F.cross_entropy(logits, target)
                self.optimiser.zero_grad()
                head_optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                self.optimiser.step()
                head_optimiser.step()
                total_loss += loss.item() * len(positions)
                total_right += float((logits.argmax(dim=1) == target).sum())
                advance(len(positions))
        return total_loss / len(order), total_right / len(order)


def _batches(order: npt.NDArray[np.int64], size: int) -> list[npt.NDArray[np.int64]]:
    """Split into batches; a last one of a single photograph, which batch normalisation refuses, is joined."""
    cuts = list(range(size, len(order), size))
    if cuts and len(order) - cuts[-1] == 1:
        cuts.pop()
    return np.split(order, cuts)
