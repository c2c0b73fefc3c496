"""Pictures of explanations, from arrays to arrays (uint8): heat over a photograph, gradients in grey.

What a reader takes from a picture is decided here. Colour means evidence and nothing else, so the
photograph below is grey: red patina must not be taken for heat. It shows through where the heat is low,
fades to a pale grey where the network did not look, and has no colours but a hatched frame where nothing
in it speaks for the class.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from coin_xai.errors import OptionError

Picture = NDArray[np.uint8]

# Heat, then red, green and blue. The order of hues is the one that readers know from the literature, but
# without its dark ends, in which the relief of a coin would drown.
ANCHORS = (
    (0.00, (30, 60, 200)),
    (0.20, (35, 125, 230)),
    (0.40, (60, 200, 215)),
    (0.60, (250, 225, 70)),
    (0.80, (245, 135, 35)),
    (1.00, (210, 20, 30)),
)
UNSEEN_SHARE = 90  # of the photograph where the network did not look, in 256ths
UNSEEN_PAPER = 224  # the grey that makes up the rest
HATCH = (70, 235)  # dark and light stripes of the frame that stands for "no evidence"
COLD_SHARE = 0.3  # how much of the opacity is left where there is no heat


def heat_colours(values: NDArray[np.floating]) -> Picture:
    """Colour heat from 0 (blue) over cyan and yellow to 1 (red): any shape in, that shape x 3 out.

    Raises:
        OptionError: a value lies outside 0 to 1.
    """
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise OptionError(f"heat goes from {values.min()} to {values.max()}: expected 0 to 1")
    return colour_table().take(_steps(values), axis=0)


@lru_cache(maxsize=1)
def colour_table() -> Picture:
    """Return the 256 colours of the scale (256 x 3)."""
    heats, colours = zip(*ANCHORS, strict=True)
    channels = np.array(colours, dtype=np.float64).T
    table = np.stack([np.interp(np.linspace(0, 1, 256), heats, channel) for channel in channels], axis=1)
    return _read_only(np.rint(table).astype(np.uint8))


def overlay(
    photograph: Picture,
    cam: NDArray[np.floating],
    *,
    box: tuple[int, int, int],
    opacity: float = 0.6,
) -> Picture:
    """Lay the heat of a class activation map over a photograph.

    The map is rectified, enlarged from its own grid straight to the pixels of the box (bilinear,
    half-pixel centres), and stretched so that its least heat is 0 and its greatest 1.

    Args:
        photograph: H x W x 3.
        cam: signed evidence on the grid of the layer, h x w.
        box: left, top and side in pixels of the photograph of the square that the network saw; what
            sticks out of the photograph is cut off.
        opacity: how much of the photograph the greatest heat covers, 0 to 1.

    Returns:
        H x W x 3. A map without positive evidence leaves the box grey, within a hatched frame.

    Raises:
        OptionError: shapes or values are not as described.
    """
    _check_overlay(photograph, cam, box, opacity)
    height, width = photograph.shape[:2]
    left, top, side = box
    rows = slice(max(top, 0), min(top + side, height))
    columns = slice(max(left, 0), min(left + side, width))
    grey = np.asarray(Image.fromarray(photograph).convert("L"))
    picture = np.repeat(_faded(grey)[..., None], 3, axis=2)
    seen = grey[rows, columns, None]
    if cam.max() <= 0:
        picture[rows, columns] = seen
        _hatch(picture[rows, columns])
        return picture
    heat = _heat(cam, side)[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    step = _steps(heat)
    kept, added = _blend_tables(opacity)
    blend = added.take(step, axis=0)
    blend += seen * kept.take(step)[..., None]
    picture[rows, columns] = blend >> 8
    return picture


def gradient_picture(gradient: NDArray[np.floating], *, percentile: float = 99.5) -> Picture:
    """Show a signed gradient: mid-grey (128) is zero, lighter is positive, darker is negative.

    Args:
        gradient: H x W, or 3 x H x W for a network that sees colours.
        percentile: the share of pixels, by size, whose gradient is told apart; the few greater ones
            are clipped, since they would leave the rest of the picture grey.

    Returns:
        H x W or H x W x 3. A gradient that is zero everywhere gives 128 everywhere.
    """
    if not (gradient.ndim == 2 or (gradient.ndim == 3 and len(gradient) == 3)) or not gradient.size:
        raise OptionError(f"the gradient has the shape {gradient.shape}: expected H x W or 3 x H x W")
    if not 0 < percentile <= 100:
        raise OptionError(f"percentile is {percentile}: expected more than 0, at most 100")
    size = np.abs(gradient)
    greatest = size.max()
    if not np.isfinite(greatest):
        raise OptionError("the gradient holds NaN or infinite values")
    # Where almost everything is zero the percentile is too, and the greatest value gives the scale.
    scale = np.percentile(size, percentile) or greatest or 1
    grey = np.rint(np.clip(gradient, -scale, scale) / scale * 127 + 128).astype(np.uint8)
    return grey if grey.ndim == 2 else np.ascontiguousarray(grey.transpose(1, 2, 0))


def contact_sheet(
    pictures: Sequence[Picture], *, columns: int, tile_px: int, captions: Sequence[str] = ()
) -> Picture:
    """Put pictures side by side on white, row by row, each fitted into a square tile, with a line below.

    Args:
        pictures: H x W or H x W x 3 each, of any size.
        columns: tiles in a row.
        tile_px: side of a tile.
        captions: none, or one for each picture.
    """
    if not pictures or columns < 1 or tile_px < 1 or len(captions) not in (0, len(pictures)):
        raise OptionError(
            f"{len(pictures)} pictures, {len(captions)} captions, {columns} columns, {tile_px} pixels: "
            "expected one picture or more, as many captions or none, and positive sizes"
        )
    gap = max(2, tile_px // 32)
    font = ImageFont.load_default(max(10, tile_px // 14))
    line = 2 * gap + round(font.getbbox("Ag")[3]) if captions else gap
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (tile_px + gap) + gap, rows * (tile_px + line) + gap), "white")
    draw = ImageDraw.Draw(sheet)
    for position, picture in enumerate(pictures):
        left = gap + position % columns * (tile_px + gap)
        top = gap + position // columns * (tile_px + line)
        tile = Image.fromarray(picture)
        scale = tile_px / max(tile.size)
        fitted = tile.resize((max(1, round(tile.width * scale)), max(1, round(tile.height * scale))))
        sheet.paste(fitted, (left + (tile_px - fitted.width) // 2, top + (tile_px - fitted.height) // 2))
        if captions:
            middle = (left + tile_px // 2, top + tile_px + gap // 2)
            draw.text(middle, captions[position], fill="black", font=font, anchor="ma")
    return np.array(sheet)


def _check_overlay(
    photograph: Picture, cam: NDArray[np.floating], box: tuple[int, int, int], opacity: float
) -> None:
    if photograph.ndim != 3 or photograph.shape[2] != 3 or photograph.dtype != np.uint8:
        raise OptionError(
            f"the photograph is {photograph.dtype} of shape {photograph.shape}: expected uint8, H x W x 3"
        )
    if cam.ndim != 2 or not cam.size or not np.isfinite(cam).all():
        raise OptionError(
            f"the map has the shape {cam.shape}: expected h x w, without NaN or infinite values"
        )
    left, top, side = box
    height, width = photograph.shape[:2]
    if side < 1 or left >= width or top >= height or left + side <= 0 or top + side <= 0:
        raise OptionError(f"box {box} (left, top, side) lies outside the photograph of {width} x {height}")
    if not 0 <= opacity <= 1:
        raise OptionError(f"opacity is {opacity}: expected 0 to 1")


def _heat(cam: NDArray[np.floating], side: int) -> NDArray[np.floating]:
    positive = (np.maximum(cam, 0) / cam.max()).astype(np.float32)  # in this order: evidence may be tiny
    heat = _enlargement(cam.shape[0], side) @ positive @ _enlargement(cam.shape[1], side).T
    least, most = heat.min(), heat.max()
    if most == least:  # the same evidence everywhere, or all of it between pixels that are too few
        return np.full_like(heat, most > 0)
    stretched: NDArray[np.floating] = (heat - least) / (most - least)
    return stretched


@lru_cache(maxsize=64)
def _enlargement(cells: int, pixels: int) -> NDArray[np.float32]:
    """Return the matrix (pixels x cells) that interpolates between the centres of cells."""
    place = np.clip((np.arange(pixels) + 0.5) * cells / pixels - 0.5, 0, cells - 1)
    return _read_only(np.maximum(0, 1 - np.abs(place[:, None] - np.arange(cells))).astype(np.float32))


@lru_cache(maxsize=16)
def _blend_tables(opacity: float) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
    """Return for each step of heat how much of the photograph is kept, and the colour to add, in 256ths."""
    cover = np.rint(256 * opacity * (COLD_SHARE + (1 - COLD_SHARE) * np.linspace(0, 1, 256)))
    added = colour_table() * cover[:, None] + 128  # half a step, so that the shift rounds
    return _read_only((256 - cover).astype(np.uint16)), _read_only(added.astype(np.uint16))


def _faded(grey: Picture) -> Picture:
    faded = (grey.astype(np.uint16) * UNSEEN_SHARE + UNSEEN_PAPER * (256 - UNSEEN_SHARE)) >> 8
    return faded.astype(np.uint8)


def _hatch(picture: Picture) -> None:
    """Draw a frame of diagonal stripes along the border of a picture, in place."""
    row, column = np.ogrid[: picture.shape[0], : picture.shape[1]]
    band = max(2, round(0.02 * max(picture.shape)))
    edges, everything = (slice(band), slice(-band, None)), slice(None)
    for rows, columns in [(edge, everything) for edge in edges] + [(everything, edge) for edge in edges]:
        dark = (row[rows] + column[:, columns]) // band % 2 == 1
        picture[rows, columns] = np.where(dark, *HATCH)[..., None]


def _steps(heat: NDArray[np.floating]) -> NDArray[np.uint8]:
    return (heat * 255 + 0.5).astype(np.uint8)


def _read_only(table: NDArray[Any]) -> NDArray[Any]:
    # Tables are cached: a caller who changed one would change every later picture.
    table.flags.writeable = False
    return table
