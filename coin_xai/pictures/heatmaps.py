"""Heat over a photograph, from arrays to arrays (uint8).

What a reader takes from a picture is decided here. Colour means evidence and nothing else, so the
photograph below is grey: red patina must not be taken for heat. It shows through where the heat is low,
fades to a pale grey where the network did not look, and has no colours but a hatched frame where nothing
in it speaks for the class.
"""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from coin_xai.attribution.formulas.heat import heat
from coin_xai.errors import OptionError
from coin_xai.photographs.square import Square

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
    square: Square,
    opacity: float = 0.6,
) -> Picture:
    """Lay the heat of a class activation map over a photograph.

    The map is rectified, enlarged from its own grid straight to the pixels of the square (bilinear,
    half-pixel centres), turned as the square is, and stretched so that its least heat is 0 and its greatest
    1.

    Args:
        photograph: H x W x 3.
        cam: signed evidence on the grid of the layer, h x w.
        square: that the network saw, in pixels of the photograph; what sticks out of it is cut off.
        opacity: how much of the photograph the greatest heat covers, 0 to 1.

    Returns:
        H x W x 3. A map without positive evidence leaves the square grey, within a hatched frame.

    Raises:
        OptionError: shapes or values are not as described.
    """
    left, top, side = (round(place) for place in (square.left, square.top, square.side))
    _check_overlay(photograph, cam, (left, top, side), opacity)
    height, width = photograph.shape[:2]
    rows = slice(max(top, 0), min(top + side, height))
    columns = slice(max(left, 0), min(left + side, width))
    grey = np.asarray(Image.fromarray(photograph).convert("L"))
    picture = np.repeat(_faded(grey)[..., None], 3, axis=2)
    seen = grey[rows, columns, None]
    there = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
    if cam.max() <= 0:
        picture[rows, columns] = seen
        _hatch(picture[rows, columns])
        return picture
    step = _turned(_steps(heat(cam, (side, side))), square.turn_deg)[there]
    kept, added = _blend_tables(opacity)
    blend = added.take(step, axis=0)
    blend += seen * kept.take(step)[..., None]
    blend >>= 8
    if square.turn_deg:
        inside = _turned(np.full((side, side), 255, np.uint8), square.turn_deg)[there] > 127
        blend = np.where(inside[..., None], blend, picture[rows, columns])
    picture[rows, columns] = blend
    return picture


def _turned(picture: Picture, degrees: float) -> Picture:
    """Return what was cut out turned counter-clockwise as it lies in the photograph; its corners are lost."""
    if not degrees:
        return picture
    return np.asarray(Image.fromarray(picture).rotate(-degrees, Image.Resampling.BILINEAR))


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
