"""Small pictures for the page, so that it can be mailed without the run: photographs and gradients."""

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from PIL import Image

from coin_xai import heatmaps
from coin_xai.attribution import guided_grad_cam, saliency
from coin_xai.pixels import Pixels
from storage.fingerprint import fingerprint
from storage.layout import ExplanationLayout, RunLayout, file_stem
from storage.maps import read_maps
from storage.markers import committing, is_done
from tasks.collection import Chunk, chunks, open_pixels
from tasks.progress import stage

Map = npt.NDArray[np.float32]

VERSION = "page-pictures-1"
"""Changes whenever the same maps and photographs would be drawn otherwise."""

PHOTOGRAPH_PX, GRADIENT_PX = 224, 168
TILE_PX, SMALL_TILE_PX, MANY_COINS = 48, 24, 4096
"""Tiles become smaller where a sheet of them would be too large for a browser."""

GRADIENTS = ("gradient", "deconvnet", "guided_backpropagation")
"""Columns of raw maps that are gradients of the photograph, and are drawn as pictures of their own."""

SUFFIX = ".webp"
QUALITY = 78


def draw_pictures(layout: RunLayout, files: ExplanationLayout, clusters: list[int], *, crop: float) -> None:
    """Write the small pictures of some clusters; a folder that is whole stays as it is.

    Args:
        layout: the run.
        files: the explanation.
        clusters: whose raw maps are there.
        crop: side of the square that the network sees, as a share of the shorter side.
    """
    for cluster in clusters:
        own = list(chunks(files, [cluster]))
        work = fingerprint([VERSION, crop, [chunk.fingerprint(files.root.name) for chunk in own]])
        folder = files.page_pictures(cluster)
        if is_done(folder, work):
            continue
        with (
            committing(folder, work, cluster=cluster) as temporary,
            stage("page", sum(len(chunk.coins) for chunk in own)) as advance,
        ):
            members = pd.concat([chunk.coins for chunk in own])
            mean = _mean_photograph(open_pixels(layout, members), crop)
            _write(temporary / f"mean{SUFFIX}", mean)
            for chunk in own:
                _draw(layout, files, chunk, temporary)
                advance(len(chunk.coins))


def atlas(pixels: Pixels) -> tuple[bytes, int, int]:
    """Return all photographs as one JPEG of small square tiles, row by row, in their order.

    Returns:
        The JPEG, the side of a tile in pixels, and the number of tiles in a row.
    """
    across = max(1, int(np.ceil(np.sqrt(len(pixels)))))
    side = TILE_PX if len(pixels) <= MANY_COINS else SMALL_TILE_PX
    sheet = Image.new("RGB", (across * side, -(-len(pixels) // across) * side), "white")
    for position in range(len(pixels)):
        tile = Image.fromarray(pixels[position])
        tile.thumbnail((side, side))
        left, top = position % across * side, position // across * side
        sheet.paste(tile, (left + (side - tile.width) // 2, top + (side - tile.height) // 2))
    encoded = io.BytesIO()
    sheet.save(encoded, format="JPEG", quality=QUALITY)
    return encoded.getvalue(), side, across


def _mean_photograph(pixels: Pixels, crop: float) -> npt.NDArray[np.uint8]:
    """Return the mean of what the network saw of some coins, in grey."""
    total = np.zeros((PHOTOGRAPH_PX, PHOTOGRAPH_PX))
    for position in range(len(pixels)):
        square = pixels.centre_squares(np.array([position]), size_px=PHOTOGRAPH_PX, crop=crop)[0]
        total += square.mean(axis=0)
    return np.rint(total / len(pixels)).astype(np.uint8)


def _draw(layout: RunLayout, files: ExplanationLayout, chunk: Chunk, folder: Path) -> None:
    coin_ids, columns = read_maps(files.maps(chunk.cluster, chunk.number) / "maps.parquet")
    pixels = open_pixels(layout, chunk.coins)
    for position, coin_id in enumerate(coin_ids):
        stem = file_stem(coin_id)
        _write(folder / f"{stem}{SUFFIX}", pixels[position], PHOTOGRAPH_PX)
        measured = {name: columns[name][position].astype(np.float32) for name in GRADIENTS if name in columns}
        for name, gradient in _drawn(measured, columns["grad_cam"][position]).items():
            _write(folder / f"{stem}-{name}{SUFFIX}", heatmaps.gradient_picture(gradient), GRADIENT_PX)


def _drawn(measured: dict[str, Map], cam: npt.NDArray[np.generic]) -> dict[str, Map]:
    """Return what is drawn of the gradients of a coin: of the plain one the size alone, and the product."""
    drawn = dict(measured)
    if "gradient" in measured:
        drawn["gradient"] = saliency(torch.from_numpy(measured["gradient"])[None])[0].numpy()
    if "guided_backpropagation" in measured:
        guided = torch.from_numpy(measured["guided_backpropagation"])
        drawn["guided_grad_cam"] = guided_grad_cam(guided[None], torch.tensor(cam)[None])[0].numpy()
    return drawn


def _write(path: Path, picture: npt.NDArray[np.uint8], side_px: int = PHOTOGRAPH_PX) -> None:
    image = Image.fromarray(picture)
    scale = side_px / min(image.size)
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)))
    encoded = io.BytesIO()
    image.save(encoded, format="WEBP", quality=QUALITY, method=2)
    path.write_bytes(encoded.getbuffer())
