"""Load: the pictures of a cluster, drawn from its raw maps and its photographs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from coin_xai import heatmaps
from coin_xai.attribution import guided_grad_cam, saliency
from coin_xai.attribution.methods import MAP_METHODS
from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.pixels import centre_square_box
from storage import runs
from storage.fingerprint import fingerprint
from storage.layout import RunLayout, file_stem
from storage.maps import read_maps
from storage.markers import committing
from storage.pictures import write_picture
from tasks.collection import Chunk, Reuse, Shard, chunks, may_reuse, open_pixels
from tasks.failures import Failures
from tasks.originals import originals
from tasks.progress import stage
from tasks.steps import skipped, step
from tasks.stream import go_on

PHOTOGRAPH = "photograph"
"""What the picture beside the methods shows; always a JPEG."""


@step(name="load", task_run_name="load {shard.which}")
def load(
    run: Path,
    explanation: str,
    *,
    epoch: int,
    options: ExplanationOptions,
    shard: Shard,
    reuse: Reuse = "size",
) -> int:
    """Draw and write the pictures of some clusters; a folder that is whole stays as it is.

    Returns:
        The number of pictures written now.

    Raises:
        ChunksFailedError: some clusters failed; the others are done.
    """
    layout = runs.find(run)
    files = layout.explanation(explanation)
    training = TrainingOptions.model_validate(runs.read_record(layout)["identity"]["training"])
    written, failures = 0, Failures()
    all_chunks = list(chunks(files, shard.clusters))
    with stage("load", sum(len(chunk.coins) for chunk in all_chunks)) as advance:
        for cluster in shard.clusters:
            own = [chunk for chunk in all_chunks if chunk.cluster == cluster]
            folder = files.pictures(epoch, cluster)
            work = fingerprint([chunk.fingerprint(explanation) for chunk in own])
            if may_reuse(folder, work, reuse):
                advance(sum(len(chunk.coins) for chunk in own))
                continue
            with failures.noting(cluster), committing(folder, work, cluster=cluster) as temporary:
                for chunk in own:
                    maps = files.maps(cluster, chunk.number) / "maps.parquet"
                    written += _draw(layout, chunk, maps, temporary, options, training.centre_crop, advance)
    failures.raise_any()
    return written if written else skipped(0, "the pictures of all clusters are there")


def picture_name(coin_id: str, kind: str, *, pictures: str = "png") -> str:
    """Return the file name of a coin's picture.

    Args:
        coin_id: of the coin.
        kind: PHOTOGRAPH or a method.
        pictures: suffix of the pictures of methods.
    """
    return f"{file_stem(coin_id)}-{kind}.{'jpg' if kind == PHOTOGRAPH else pictures}"


def _draw(
    layout: RunLayout,
    chunk: Chunk,
    maps: Path,
    folder: Path,
    options: ExplanationOptions,
    centre_crop: float,
    advance: Callable[[int], None],
) -> int:
    """Draw the pictures of a chunk into a folder, coin by coin, and return how many there are."""
    coin_ids, columns = read_maps(maps)
    pixels = open_pixels(layout, chunk.coins)
    small = (np.asarray(pixels[position]) for position in range(len(pixels)))
    photographs = originals(layout, chunk.coins) if options.full_size else small
    for position, (coin_id, photograph) in enumerate(zip(coin_ids, photographs, strict=True)):
        go_on()
        measured = {name: values[position] for name, values in columns.items()}
        write_picture(folder / picture_name(coin_id, PHOTOGRAPH), photograph)
        for method in options.methods:
            picture = _picture(method, measured, photograph, centre_crop)
            write_picture(folder / picture_name(coin_id, method, pictures=options.pictures), picture)
        advance(1)
    return len(coin_ids) * (1 + len(options.methods))


def _picture(
    method: str, measured: Mapping[str, Any], photograph: npt.NDArray[np.uint8], centre_crop: float
) -> npt.NDArray[np.uint8]:
    if method in MAP_METHODS:
        left, top, side = map(round, centre_square_box(*photograph.shape[:2], crop=centre_crop))
        return heatmaps.overlay(photograph, measured[method], box=(left, top, side))
    if method == "guided_grad_cam":
        guided = torch.from_numpy(measured["guided_backpropagation"].astype(np.float32))
        cam = torch.from_numpy(np.array(measured["grad_cam"]))
        return heatmaps.gradient_picture(guided_grad_cam(guided[None], cam[None])[0].numpy())
    gradient = measured[method].astype(np.float32)
    if method == "gradient":  # its map is the size alone
        return heatmaps.gradient_picture(saliency(torch.from_numpy(gradient)[None])[0].numpy())
    return heatmaps.gradient_picture(gradient)
