"""Changes to a photograph: a part hidden, the picture turned, its colours or sharpness changed.

A change is evidence only beside an equal one that should not matter: as large an area elsewhere, or the
picture written and read again.
"""

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageFilter
from scipy import ndimage

from coin_xai.claims.pose import Pose
from coin_xai.matching.blur import blurred

Picture = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

REACH = 0.05
"""Standard deviation, in shares of the side, of the surroundings whose tone covers a hidden part."""
GRAIN = 0.008
"""Standard deviation, in shares of the side, of the blur that leaves relief and takes away grain."""
SEAM = 0.01
"""Standard deviation, in shares of the side, of the blur of the border of what is transplanted."""
LUMA = (0.299, 0.587, 0.114)
JPEG_QUALITY = 90
BLUR = 0.008
"""Standard deviation in shares of the side: one pixel of 128."""
GAMMA = 1.25


def without_part(
    picture: Picture, area: Floats, flan: Floats, generator: np.random.Generator
) -> Picture | None:
    """Return a picture in which a part is covered as if there were nothing but the field of the coin.

    The tone is the mean of the flan nearby (normalised convolution, Knutsson & Westin 1993); upon it lies
    the grain of other places of the flan, drawn in blocks, so that what is hidden leaves no smooth hole. No
    relief does: that of other places would put symbols where there are none.

    Args:
        picture: S x S x 3.
        area: which share of each pixel to hide (S x S).
        flan: which share of each pixel is coin; tone and grain are taken from there (S x S).
        generator: that draws the places.

    Returns:
        The picture, or None where nothing of the flan is left to cover the part with.
    """
    size = len(picture)
    source = flan * (1 - area)
    values = picture.astype(np.float32)
    tone = _tone(values, source, REACH * size)
    known = np.argwhere(source > 0.99)
    if not len(known):
        return None
    block = max(2, size // 32)
    count = -(-size // block)
    places = known[generator.integers(len(known), size=(count, count))]
    offset = np.arange(block)
    rows = (places[..., 0][:, None, :, None] + offset[None, :, None, None]).clip(max=size - 1)
    columns = (places[..., 1][:, None, :, None] + offset[None, None, None, :]).clip(max=size - 1)
    rows, columns = np.broadcast_arrays(rows, columns)
    shape = (count * block, count * block)
    rows, columns = rows.reshape(shape)[:size, :size], columns.reshape(shape)[:size, :size]
    grain = (values - _tone(values, source, GRAIN * size))[rows, columns] * source[rows, columns][..., None]
    hidden = area[..., None] * (tone + grain) + (1 - area[..., None]) * values
    result: Picture = np.rint(hidden.clip(0, 255)).astype(np.uint8)
    return result


def turned(picture: Picture) -> Picture:
    """Return a picture turned by 90 degrees counter-clockwise about its middle."""
    return np.ascontiguousarray(np.rot90(picture))


def grey(picture: Picture) -> Picture:
    """Return a picture without colour, as light as it was."""
    lightness = np.rint(picture @ np.array(LUMA, dtype=np.float32))
    return np.repeat(lightness[..., None], 3, axis=2).astype(np.uint8)


def blurred_a_little(picture: Picture) -> Picture:
    """Return a picture that is a little less sharp."""
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(BLUR * len(picture))))


def lighter(picture: Picture) -> Picture:
    """Return a picture whose middle tones are lighter."""
    return _by_tone(picture, 1 / GAMMA)


def darker(picture: Picture) -> Picture:
    """Return a picture whose middle tones are darker."""
    return _by_tone(picture, GAMMA)


def encoded_again(picture: Picture) -> Picture:
    """Return a picture that was written as JPEG and read again: a change that should not matter."""
    written = io.BytesIO()
    Image.fromarray(picture).save(written, "JPEG", quality=JPEG_QUALITY)
    return np.asarray(Image.open(written))


def other_background(picture: Picture, flan: Floats, donor: Picture, donor_flan: Floats) -> Picture:
    """Return a coin on the background of another photograph (Xiao et al. 2020, Mixed-Rand).

    Where the other coin lay, the tone of its own background goes on.

    Args:
        picture, donor: S x S x 3.
        flan, donor_flan: which share of each of their pixels is coin (S x S).
    """
    size = len(picture)
    free = 1 - donor_flan
    values = donor.astype(np.float32)
    tone = _tone(values, free, 3 * REACH * size)
    ground = free[..., None] * values + donor_flan[..., None] * tone
    mixed = flan[..., None] * picture + (1 - flan[..., None]) * ground
    result: Picture = np.rint(mixed.clip(0, 255)).astype(np.uint8)
    return result


def transplanted(
    picture: Picture, area: Floats, pose: Pose, donor: Picture, donor_flan: Floats, donor_pose: Pose
) -> Picture:
    """Return a coin that bears a part of another one, from the same place of its design, as light as its own.

    Args:
        picture, donor: S x S x 3.
        area: which share of each pixel is the part (S x S).
        pose, donor_pose: of both coins.
        donor_flan: which share of each pixel is the other coin; where it ends, nothing is taken (S x S).
    """
    size = len(picture)
    down, across = (np.indices((size, size)) + 0.5) / size
    right, up = (across - pose.across) / pose.radius, (pose.down - down) / pose.radius
    turn = np.deg2rad(donor_pose.angle_deg - pose.angle_deg)
    columns = donor_pose.across + donor_pose.radius * (right * np.cos(turn) - up * np.sin(turn))
    rows = donor_pose.down - donor_pose.radius * (right * np.sin(turn) + up * np.cos(turn))
    places = size * np.stack([rows, columns]) - 0.5
    *channels, there = (
        ndimage.map_coordinates(layer, places, order=1)
        for layer in (*donor.astype(np.float32).transpose(2, 0, 1), donor_flan)
    )
    taken, weight = np.stack(channels, axis=-1), area * there
    if not weight.any():
        return picture
    own = picture.astype(np.float32)
    lighter_by = np.average(own - taken, axis=(0, 1), weights=np.repeat(weight[..., None], 3, axis=2))
    seamless = weight * blurred(torch.from_numpy(weight[None]), SEAM * size).numpy()[0]
    mixed = own + seamless[..., None] * (taken + lighter_by - own)
    result: Picture = np.rint(mixed.clip(0, 255)).astype(np.uint8)
    return result


PHOTOGRAPHIC: dict[str, Callable[[Picture], Picture]] = {
    "grey": grey,
    "blur": blurred_a_little,
    "lighter": lighter,
    "darker": darker,
}
"""Changes to the photograph that leave the coin as it is."""


def _tone(values: Floats, source: Floats, reach_px: float) -> Floats:
    """Return the mean of the source near each pixel (S x S x 3)."""
    near = np.concatenate([source[None], values.transpose(2, 0, 1) * source])
    weight, *tones = blurred(torch.from_numpy(near), reach_px).numpy()
    return np.stack([tone / (weight + 1e-4) for tone in tones], axis=-1)


def _by_tone(picture: Picture, exponent: float) -> Picture:
    table = np.rint(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8)
    result: Picture = table[picture]
    return result
