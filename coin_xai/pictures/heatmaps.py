"""Heat over a photograph, from arrays to arrays (uint8).

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
    photograph: Picture, cam: NDArray[np.floating], *, square: Square, opacity: float = 0.6
) -> Picture:
    """Lay the heat of a class activation map over a photograph, as `overlays` does that of several."""
    return overlays(photograph, [cam], square=square, opacity=opacity)[0]


def overlays(
    photograph: Picture,
    cams: Sequence[NDArray[np.floating]],
    *,
    square: Square,
    opacity: float = 0.6,
) -> list[Picture]:
    """Lay the heat of class activation maps over a photograph, each in a picture of its own.

    A map is rectified, enlarged from its own grid straight to the pixels of the square (bilinear,
    half-pixel centres), turned as the square is, and stretched so that its least heat is 0 and its greatest
    1.

    Args:
        photograph: H x W x 3.
        cams: signed evidence on the grid of a layer, h x w each.
        square: that the network saw, in pixels of the photograph; what sticks out of it is cut off.
        opacity: how much of the photograph the greatest heat covers, 0 to 1.

    Returns:
        H x W x 3 each. A map without positive evidence leaves the square grey, within a hatched frame.

    Raises:
        OptionError: shapes or values are not as described.
    """
    left, top, side = (round(place) for place in (square.left, square.top, square.side))
    for cam in cams:
        _check_overlay(photograph, cam, (left, top, side), opacity)
    height, width = photograph.shape[:2]
    rows = slice(max(top, 0), min(top + side, height))
    columns = slice(max(left, 0), min(left + side, width))
    there = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
    grey = np.asarray(Image.fromarray(photograph).convert("L"))
    unseen, seen = _faded().take(grey), grey[rows, columns]
    hot = [_steps(heat(cam, (side, side))) for cam in cams if cam.max() > 0]
    *steps, inside = _turned([*hot, np.full((side, side), 255, np.uint8)], square.turn_deg)
    drawn = iter(steps)
    pictures = []
    for cam in cams:
        pixels = unseen.copy()
        if cam.max() > 0:
            place = next(drawn)[there].astype(np.uint16) << 8 | seen
            np.copyto(pixels[rows, columns], _blended(opacity).take(place), where=inside[there] > 127)
        else:
            pixels[rows, columns] = _plain().take(seen)
        inks = pixels.view(np.uint8).reshape(height, width, 4)
        picture = np.stack([inks[..., ink] for ink in range(3)], axis=-1)  # a tenth of the time of a slice
        if cam.max() <= 0:
            _hatch(picture[rows, columns])
        pictures.append(picture)
    return pictures


def _turned(pictures: Sequence[Picture], degrees: float) -> list[Picture]:
    """Return what was cut out turned counter-clockwise as it lies in the photograph; its corners are lost.

    Four are turned as one picture of four inks, in half the time, since each pixel is looked for once.
    """
    if not degrees:
        return [*pictures]
    turned: list[Picture] = []
    for start in range(0, len(pictures), 4):
        inks = [Image.fromarray(picture) for picture in pictures[start : start + 4]]
        sheet = Image.merge("CMYK", (inks * 4)[:4])
        sheet = sheet.rotate(-degrees, Image.Resampling.BILINEAR)
        turned += [np.asarray(ink) for ink in sheet.split()[: len(inks)]]
    return turned


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
def _blended(opacity: float) -> NDArray[np.uint32]:
    """Return the pixel for each step of heat and each grey below it (256 x 256).

    Grey and colour are rounded apart, so that all channels of neighbours with the same heat differ by the
    same: a PNG takes a tenth less.
    """
    cover = np.rint(256 * opacity * (COLD_SHARE + (1 - COLD_SHARE) * np.linspace(0, 1, 256)))[:, None]
    kept = (np.arange(256) * (256 - cover) + 128) // 256
    added = (colour_table() * cover + 128) // 256
    return _pixels(kept[:, :, None] + added[:, None])


@lru_cache(maxsize=1)
def _faded() -> NDArray[np.uint32]:
    """Return the pixel for each grey where the network did not look (256)."""
    return _pixels(_greys((np.arange(256) * UNSEEN_SHARE + UNSEEN_PAPER * (256 - UNSEEN_SHARE)) >> 8))


@lru_cache(maxsize=1)
def _plain() -> NDArray[np.uint32]:
    """Return the pixel for each grey as it is (256)."""
    return _pixels(_greys(np.arange(256)))


def _greys(values: NDArray[np.integer]) -> NDArray[np.integer]:
    return np.repeat(values[:, None], 3, axis=1)


def _pixels(colours: NDArray[Any]) -> NDArray[np.uint32]:
    """Return red, green and blue (... x 3) as one number each, since one is looked up sooner than three."""
    padded = np.zeros((*colours.shape[:-1], 4), np.uint8)
    padded[..., :3] = colours
    return _read_only(padded.view(np.uint32)[..., 0])


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
