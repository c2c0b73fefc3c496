"""Load: the pictures of a cluster, drawn from its raw maps and its photographs."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from coin_xai import heatmaps
from coin_xai.attribution import guided_grad_cam
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.pixels import centre_square_box
from storage import runs
from storage.fingerprint import fingerprint
from storage.layout import RunLayout, file_stem
from storage.maps import read_maps
from storage.markers import committing, is_done
from storage.pictures import write_picture
from tasks.collection import Chunk, chunks, open_pixels
from tasks.progress import stage
from tasks.steps import skipped, step

PICTURES = {
    "photograph": "photograph.jpg",
    "grad_cam": "grad_cam.png",
    "guided_backpropagation": "guided_backpropagation.png",
    "guided_grad_cam": "guided_grad_cam.png",
}
"""Ending of the file name by what the picture shows."""


@step(name="load", task_run_name="load clusters {clusters}")
def load(run: Path, explanation: str, *, epoch: int, clusters: list[int]) -> int:
    """Draw and write the pictures of some clusters; a folder that is whole stays as it is.

    Returns:
        The number of pictures written now.
    """
    layout = runs.find(run)
    files = layout.explanation(explanation)
    options = TrainingOptions.model_validate(runs.read_record(layout)["identity"]["training"])
    written = 0
    all_chunks = list(chunks(files, clusters))
    with stage("load", sum(len(chunk.coins) for chunk in all_chunks)) as advance:
        for cluster in clusters:
            own = [chunk for chunk in all_chunks if chunk.cluster == cluster]
            folder = files.pictures(epoch, cluster)
            work = fingerprint([chunk.fingerprint(explanation) for chunk in own])
            if is_done(folder, work):
                advance(sum(len(chunk.coins) for chunk in own))
                continue
            with committing(folder, work, cluster=cluster) as temporary:
                for chunk in own:
                    maps = files.maps(cluster, chunk.number) / "maps.parquet"
                    written += _draw(layout, chunk, maps, temporary, options.centre_crop, advance)
    return written if written else skipped(0, "the pictures of all clusters are there")


def picture_name(coin_id: str, kind: str) -> str:
    """Return the file name of a coin's picture."""
    return f"{file_stem(coin_id)}-{PICTURES[kind]}"


def _draw(
    layout: RunLayout,
    chunk: Chunk,
    maps: Path,
    folder: Path,
    centre_crop: float,
    advance: Callable[[int], None],
) -> int:
    """Draw the pictures of a chunk into a folder, coin by coin, and return how many there are."""
    coin_ids, columns = read_maps(maps)
    pixels = open_pixels(layout, chunk.coins)
    for position, coin_id in enumerate(coin_ids):
        photograph = np.asarray(pixels[position])
        left, top, side = map(round, centre_square_box(*photograph.shape[:2], crop=centre_crop))
        cam = columns["grad_cam"][position]
        guided = columns["guided_backpropagation"][position].astype(np.float32)
        product = guided_grad_cam(torch.tensor(guided)[None], torch.tensor(cam)[None])[0].numpy()
        pictures = {
            "photograph": photograph,
            "grad_cam": heatmaps.overlay(photograph, cam, box=(left, top, side)),
            "guided_backpropagation": heatmaps.gradient_picture(guided),
            "guided_grad_cam": heatmaps.gradient_picture(product),
        }
        for kind, picture in pictures.items():
            write_picture(folder / picture_name(coin_id, kind), picture)
        advance(1)
    return len(coin_ids) * len(PICTURES)
