"""What explains coins: the network of a checkpoint, its attributor, and what about it is to be explained."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch

from coin_xai.attribution import (
    Assignment,
    Attributions,
    Attributor,
    Clusters,
    Lead,
    Logit,
    Similarity,
    Target,
)
from coin_xai.attribution.methods import leading
from coin_xai.attribution.options import ExplanationOptions
from coin_xai.clustering.reduction import Whitening
from coin_xai.common.device import best_device
from coin_xai.common.random_streams import torch_stream
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.networks import GridNet, Network, build
from storage import checkpoints, runs
from tasks.checkpoint import Checkpoint

PENULTIMATE = "penultimate"
"""The column of features, which are kept so that no page needs the network for them."""


ENGINE = "engine"
"""The column that tells what computed the maps of a coin, and why it was not the usual engine."""


class Explainer(NamedTuple):
    """A network, what explains it, and how it was trained."""

    attributor: Attributor
    network: Network
    options: TrainingOptions


def check(run: Path, epoch: int, options: ExplanationOptions) -> None:
    """Make sure, before any coin is explained, that the checkpoint can answer what is asked.

    Raises:
        NetworkError: CAM is asked for, and not defined for the network.
        OptionError: the target needs a clustering that the checkpoint does not know.
    """
    checkpoint = checkpoints.hash_of(runs.find(run), epoch)
    target_of(run, epoch, options, checkpoint)
    if "cam" in options.also:  # all others are defined for every network
        explainer = explainer_of(run, epoch, checkpoint)
        explainer.attributor.check(["cam"], size_px=explainer.network.input_size_px)


def load_network(run: Path, epoch: int) -> tuple[Network, TrainingOptions]:
    """Return the network of a checkpoint, in evaluation mode on the best device, and how it was trained."""
    return network_of(Checkpoint.load(runs.find(run), epoch))


def network_of(checkpoint: Checkpoint) -> tuple[Network, TrainingOptions]:
    """Return the same, from the checkpoint itself."""
    options, weights = checkpoint.options, checkpoint.training["network"]
    network = build(
        options.network,
        k=len(weights["head.bias"]),
        generator=torch.Generator(),
        sobel=options.sobel,
        sobel_padding=options.sobel_padding,
        width=options.width,
        front=options.front,
    )
    network.load_state_dict(weights)
    return network.to(best_device()).to(memory_format=torch.channels_last).eval(), options


def untrained_network(options: TrainingOptions, trained: Network) -> Network:
    """Return a network like a trained one with the weights that it began with, on the best device."""
    network = build(
        options.network,
        k=1,
        generator=torch_stream(options.seed, "initial weights", 0),
        sobel=options.sobel,
        sobel_padding=options.sobel_padding,
        width=options.width,
        front=options.front,
    )
    if isinstance(trained, GridNet) and isinstance(network, GridNet):
        # It learns nothing, and its weights need not be installed here.
        network.see_through(trained.front)
    return network.to(best_device())


def columns_of(attributions: Attributions) -> dict[str, torch.Tensor]:
    """Return what is kept of the coins of a batch: scores, features, and maps as they were measured."""
    columns = {
        "value": attributions.value,
        "logit": attributions.logit,
        "runner_up_logit": attributions.runner_up_logit,
    }
    columns["no_positive_evidence"] = attributions.without_evidence(leading(attributions.maps))
    columns[PENULTIMATE] = attributions.penultimate
    for method, maps in attributions.maps.items():
        columns[method] = maps
        columns[f"{method}_maximum"] = attributions.maximum[method]
    for gradient_method, gradient in attributions.gradients.items():
        # Half precision keeps 3 digits of each pixel; the scale keeps small gradients from vanishing.
        scale = gradient.abs().flatten(1).amax(dim=1)
        smallest = torch.finfo(gradient.dtype).tiny
        unit = gradient / scale.clamp_min(smallest).view(-1, *[1] * (gradient.ndim - 1))
        columns[gradient_method] = unit.half()
        columns[f"{gradient_method}_scale"] = scale
    return columns


@lru_cache(maxsize=1)
def explainer_of(run: Path, epoch: int, _hash: str) -> Explainer:
    """Load a checkpoint once per process, however many clusters are explained from it."""
    network, options = load_network(run, epoch)
    return Explainer(Attributor(network, layer=network.attribution_layer), network, options)


def reduction_of(partition: Mapping[str, torch.Tensor]) -> Whitening:
    """Return the reduction that the partition of a checkpoint was made in."""
    mean, components, variances = (
        partition[f"pca_{name}"].float().numpy() for name in ("mean", "components", "variances")
    )
    return Whitening(mean, components, variances, rectified=bool(partition.get("rectified")))


@lru_cache(maxsize=1)
def target_of(run: Path, epoch: int, options: ExplanationOptions, _hash: str) -> Target:
    """Return what is to be explained.

    Raises:
        OptionError: the checkpoint does not know its clustering.
    """
    name = options.target or options.target_for(explainer_of(run, epoch, _hash).options.trainer)
    if name == "logit":
        return Logit()
    if name == "lead":
        return Lead()
    checkpoint = Checkpoint.load(runs.find(run), epoch)
    partition = checkpoint.partition
    if partition is None:
        raise OptionError(
            f"the checkpoint of epoch {epoch} does not hold its clustering, which was made elsewhere; "
            f"--target {name} needs it, --target logit does not"
        )
    way, rectified = checkpoint.options.clustering, bool(partition.get("rectified"))
    if name == "assignment" and way != "kmeans" and not rectified:  # embeddings are always clustered so
        raise OptionError(
            f"--target assignment explains an assignment by k-means; these clusters were made by {way}. "
            "--target similarity and --target logit explain them"
        )
    clusters = Clusters(
        whitening=reduction_of(partition),
        centroids=partition["centroids"].numpy(),
        class_to_cluster=partition["class_to_cluster"].numpy(),
    )
    return Assignment(clusters) if name == "assignment" else Similarity(clusters)
