"""Transform: raw attribution maps of every coin of a cluster, chunk by chunk."""

from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
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
from coin_xai.attribution.options import ExplanationOptions
from coin_xai.attribution.planned.rewrites import Rewrites
from coin_xai.deepcluster.ahead import ahead
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.reduction import Whitening
from coin_xai.device import best_device
from coin_xai.errors import OptionError
from coin_xai.memory import keep_freed_memory
from coin_xai.networks import Network, build, normalise
from storage import checkpoints, runs
from storage.maps import write_maps
from storage.markers import committing
from tasks.collection import Chunk, Reuse, Shard, chunks, may_reuse, open_pixels
from tasks.failures import Failures
from tasks.progress import stage
from tasks.steps import skipped, step
from tasks.stream import Handover, following

BATCH_SIZE = 32

# Whether Fourier space is quicker is found by timing, and an interrupted run must end with the
# same bytes as one that was not.
REPRODUCIBLE = Rewrites(measured_convolutions=False)


@step(name="transform", task_run_name="transform {shard.which}")
def transform(
    run: Path,
    explanation: str,
    *,
    epoch: int,
    options: ExplanationOptions,
    shard: Shard,
    reuse: Reuse = "size",
    ready: Handover | None = None,
) -> int:
    """Compute the maps of all coins of some clusters; chunks that are on disk stay as they are.

    Args:
        run: folder of the run.
        explanation: fingerprint of it.
        epoch: of the checkpoint.
        options: of the explanation.
        shard: which clusters.
        reuse: of what is on disk.
        ready: is told of each chunk that is there, as a pair of cluster and number.

    Returns:
        The number of coins explained now.

    Raises:
        ChunksFailedError: some chunks failed; the others are done.
    """
    keep_freed_memory()
    files = runs.find(run).explanation(explanation)
    explained, failures = 0, Failures()

    def keep(chunk: Chunk, columns: dict[str, Any]) -> None:
        folder, work = files.maps(chunk.cluster, chunk.number), chunk.fingerprint(explanation)
        with failures.noting(chunk.cluster, chunk.number):
            with committing(folder, work, cluster=chunk.cluster, coins=len(chunk.coins)) as temporary:
                write_maps(temporary / "maps.parquet", chunk.coins["coin_id"].tolist(), columns)
            give(chunk)

    def give(chunk: Chunk) -> None:
        if ready is not None:
            ready.give((chunk.cluster, chunk.number))

    with stage("transform", shard.coins) as advance, following() as follow:
        for chunk in chunks(files, shard.clusters):
            folder = files.maps(chunk.cluster, chunk.number)
            with failures.noting(chunk.cluster, chunk.number):
                if may_reuse(folder, chunk.fingerprint(explanation), reuse):
                    advance(len(chunk.coins))
                    give(chunk)
                else:
                    explained += len(chunk.coins)
                    # Disks are waited for while the next chunk is computed.
                    follow(partial(keep, chunk, _attribute(run, epoch, options, chunk, advance)))
    failures.raise_any()
    return explained if explained else skipped(0, "the maps of all chunks are there")


def check(run: Path, epoch: int, options: ExplanationOptions) -> None:
    """Make sure, before any coin is explained, that the checkpoint can answer what is asked.

    Raises:
        NetworkError: CAM is asked for, and not defined for the network.
        OptionError: the target needs a clustering that the checkpoint does not know.
    """
    checkpoint = checkpoints.hash_of(runs.find(run), epoch)
    _target(run, epoch, options.target, checkpoint)
    if "cam" in options.methods:  # all others are defined for every network
        attributor, size_px, _ = _attributor(run, epoch, checkpoint)
        attributor.check(["cam"], size_px=size_px)


def load_network(run: Path, epoch: int) -> tuple[Network, TrainingOptions]:
    """Return the network of a checkpoint, in evaluation mode on the best device, and how it was trained."""
    return network_of(checkpoints.load(runs.find(run), epoch))


def network_of(content: dict[str, Any]) -> tuple[Network, TrainingOptions]:
    """Return the same, from the content of the checkpoint."""
    options = TrainingOptions.model_validate(content["options"])
    weights = content["training"]["network"]
    network = build(
        options.network,
        k=len(weights["head.bias"]),
        generator=torch.Generator(),
        sobel=options.sobel,
        sobel_padding=options.sobel_padding,
        width=options.width,
    )
    network.load_state_dict(weights)
    return network.to(best_device()).to(memory_format=torch.channels_last).eval(), options


def _attribute(
    run: Path, epoch: int, options: ExplanationOptions, chunk: Chunk, advance: Any
) -> dict[str, Any]:
    """Return the columns of a chunk: scores, and maps at the resolution they were measured at."""
    layout = runs.find(run)
    checkpoint = checkpoints.hash_of(layout, epoch)
    attributor, size_px, centre_crop = _attributor(run, epoch, checkpoint)
    target = _target(run, epoch, options.target, checkpoint)
    pixels = open_pixels(layout, chunk.coins)
    class_index = torch.tensor(chunk.coins["class_index"].to_numpy())
    # Of equal length, since each batch, however small, reads the weights of the linear layers anew.
    batches = np.array_split(np.arange(len(pixels)), max(1, round(len(pixels) / BATCH_SIZE)))
    squares_of = partial(pixels.centre_squares, size_px=size_px, crop=centre_crop)
    parts = []
    for positions, squares in zip(batches, ahead(squares_of, batches), strict=True):
        batch = normalise(torch.from_numpy(squares).to(best_device()))
        units = class_index[positions].to(batch.device)
        parts.append(_columns(attributor.attribute(batch, units, methods=options.methods, target=target)))
        advance(len(positions))
    return {name: torch.cat([part[name] for part in parts]).cpu().numpy() for name in parts[0]}


def _columns(found: Attributions) -> dict[str, torch.Tensor]:
    columns = {"value": found.value, "logit": found.logit, "runner_up_logit": found.runner_up_logit}
    columns["no_positive_evidence"] = found.without_evidence("grad_cam")
    for method, maps in found.maps.items():
        columns[method] = maps
        columns[f"{method}_maximum"] = found.maximum[method]
    for gradient_method, gradient in found.gradients.items():
        # Half precision keeps 3 digits of each pixel; the scale keeps small gradients from vanishing.
        scale = gradient.abs().flatten(1).amax(dim=1)
        smallest = torch.finfo(gradient.dtype).tiny
        unit = gradient / scale.clamp_min(smallest).view(-1, *[1] * (gradient.ndim - 1))
        columns[gradient_method] = unit.half()
        columns[f"{gradient_method}_scale"] = scale
    return columns


@lru_cache(maxsize=1)
def _attributor(run: Path, epoch: int, _hash: str) -> tuple[Attributor, int, float]:
    """Load a checkpoint once per process, however many clusters are explained from it."""
    network, options = load_network(run, epoch)
    attributor = Attributor(network, layer=network.attribution_layer, rewrites=REPRODUCIBLE)
    return attributor, network.input_size_px, options.centre_crop


@lru_cache(maxsize=1)
def _target(run: Path, epoch: int, name: str, _hash: str) -> Target:
    """Return what is to be explained.

    Raises:
        OptionError: the checkpoint does not know its clustering.
    """
    if name == "logit":
        return Logit()
    if name == "lead":
        return Lead()
    content = checkpoints.load(runs.find(run), epoch)
    if "partition" not in content:
        raise OptionError(
            f"the checkpoint of epoch {epoch} does not hold its clustering, which was made elsewhere; "
            f"--target {name} needs it, --target logit does not"
        )
    way = content["options"]["clustering"]
    if name == "assignment" and way != "kmeans":
        raise OptionError(
            f"--target assignment explains an assignment by k-means; these clusters were made by {way}. "
            "--target similarity and --target logit explain them"
        )
    partition = {key: value.numpy() for key, value in content["partition"].items()}
    clusters = Clusters(
        whitening=Whitening(partition["pca_mean"], partition["pca_components"], partition["pca_variances"]),
        centroids=partition["centroids"],
        class_to_cluster=partition["class_to_cluster"],
    )
    return Assignment(clusters) if name == "assignment" else Similarity(clusters)
