"""Transform: raw attribution maps of every coin of a cluster, chunk by chunk."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from coin_xai.attribution import METHODS, Attributor
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.device import best_device
from coin_xai.networks import build, normalise
from storage import checkpoints, runs
from storage.maps import write_maps
from storage.markers import committing, is_done
from tasks.collection import Chunk, chunks, open_pixels
from tasks.progress import stage
from tasks.steps import skipped, step

BATCH_SIZE = 32


@step(name="transform", task_run_name="transform clusters {clusters}")
def transform(run: Path, explanation: str, *, epoch: int, clusters: list[int]) -> int:
    """Compute the maps of all coins of some clusters; chunks that are on disk stay as they are.

    Returns:
        The number of coins explained now.
    """
    layout = runs.find(run)
    files = layout.explanation(explanation)
    explained = 0
    with stage("transform", sum(len(chunk.coins) for chunk in chunks(files, clusters))) as advance:
        for chunk in chunks(files, clusters):
            folder, work = files.maps(chunk.cluster, chunk.number), chunk.fingerprint(explanation)
            if is_done(folder, work):
                advance(len(chunk.coins))
                continue
            columns = _attribute(run, epoch, chunk, advance)
            with committing(folder, work, cluster=chunk.cluster, coins=len(chunk.coins)) as temporary:
                write_maps(temporary / "maps.parquet", chunk.coins["coin_id"].tolist(), columns)
            explained += len(chunk.coins)
    return explained if explained else skipped(0, "the maps of all chunks are there")


def _attribute(run: Path, epoch: int, chunk: Chunk, advance: Any) -> dict[str, Any]:
    """Return the columns of a chunk: scores, and maps at the resolution they were measured at."""
    layout = runs.find(run)
    attributor, options, size_px = _attributor(run, epoch, checkpoints.hash_of(layout, epoch))
    pixels = open_pixels(layout, chunk.coins)
    class_index = torch.tensor(chunk.coins["class_index"].to_numpy())
    parts = []
    for start in range(0, len(pixels), BATCH_SIZE):
        positions = np.arange(start, min(start + BATCH_SIZE, len(pixels)))
        squares = pixels.centre_squares(positions, size_px=size_px, crop=options.centre_crop)
        batch = normalise(torch.from_numpy(squares).to(best_device()))
        result = attributor.attribute(batch, class_index[positions].to(batch.device), methods=METHODS)
        maps: dict[str, Any] = {
            "logit": result.logit,
            "runner_up_logit": result.runner_up_logit,
            "cam_maximum": result.cam_maximum,
            "no_positive_evidence": result.no_positive_evidence,
            "grad_cam": result.cam,
            # Half precision keeps 3 digits of each pixel; the scale keeps small gradients from vanishing.
            **_half(result.guided),
        }
        parts.append(maps)
        advance(len(positions))
    return {name: torch.cat([part[name] for part in parts]).cpu().numpy() for name in parts[0]}


def _half(guided: torch.Tensor | None) -> dict[str, torch.Tensor]:
    assert guided is not None, "guided backpropagation was asked for"
    scale = guided.abs().flatten(1).amax(dim=1)
    unit = guided / scale.clamp_min(torch.finfo(guided.dtype).tiny).view(-1, *[1] * (guided.ndim - 1))
    return {"guided_backpropagation_scale": scale, "guided_backpropagation": unit.half()}


@lru_cache(maxsize=1)
def _attributor(run: Path, epoch: int, _hash: str) -> tuple[Attributor, TrainingOptions, int]:
    """Load a checkpoint once per process, however many clusters are explained from it."""
    content = checkpoints.load(runs.find(run), epoch)
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
    network.to(best_device()).to(memory_format=torch.channels_last)
    return Attributor(network, layer=network.attribution_layer), options, network.input_size_px
