"""What happens to a coin after the strike: wear, scratches, pits, corrosion."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from coin_xai.mint.noise import Field, ramp, smooth_field

_HIGHEST = 0.06  # die radii: the height of a fresh design
_FULL_SIZE_PX = 150.0  # the flan radius for which the numbers in pixels below were chosen


@dataclass(frozen=True)
class Surface:
    """The state of one coin's surface.

    Args:
        wear: 0 as struck, 1 worn nearly flat.
        corrosion: 0 smooth metal, 1 porous all over.
        pits: number of single pits.
        scratches: number of scratches.
    """

    wear: float
    corrosion: float
    pits: int
    scratches: int


def wear_down(relief: Field, wear: float, *, radius_px: float) -> Field:
    """Return the relief after wear: high points are rubbed off first, edges rounded, the rest lowered.

    Args:
        relief: heights of the full strike, H x W, in die radii.
        wear: 0 to 1.
        radius_px: flan radius in pixels; rounding keeps its size relative to the coin.
    """
    top = np.float32(_HIGHEST * (1 - 0.72 * wear))
    above = np.maximum(relief - top, 0)
    rubbed = relief - np.float32(min(1.0, 0.3 + 1.2 * wear)) * above
    sigma = (0.65 + 3.4 * wear) * radius_px / _FULL_SIZE_PX
    lowered: Field = gaussian_filter(rubbed, sigma, truncate=2.5) * np.float32(1 - 0.5 * wear)
    return lowered


def _dent(height: Field, *, at: tuple[float, float], radius: float, depth: float) -> None:
    """Press one round pit into the heights, in place; all in pixels."""
    reach = int(2 * radius) + 1
    top, left = max(0, int(at[0]) - reach), max(0, int(at[1]) - reach)
    part = height[top : int(at[0]) + reach + 1, left : int(at[1]) + reach + 1]
    if part.size:
        down = (np.arange(top, top + part.shape[0], dtype=np.float32) - np.float32(at[0])) / np.float32(
            radius
        )
        across = (np.arange(left, left + part.shape[1], dtype=np.float32) - np.float32(at[1])) / np.float32(
            radius
        )
        part -= np.float32(depth) * np.exp(-down * down)[:, None] * np.exp(-across * across)[None, :]


def _scratch(
    height: Field, *, start: tuple[float, float], step: tuple[float, float], width: float, depth: float
) -> None:
    """Draw one scratch with a raised lip into the heights, in place; pixels, `start` and `step` as y, x."""
    (y0, x0), (dy, dx) = start, step
    margin = 4 * width
    top, bottom = max(0, int(min(y0, y0 + dy) - margin)), int(max(y0, y0 + dy) + margin) + 1
    left, right = max(0, int(min(x0, x0 + dx) - margin)), int(max(x0, x0 + dx) + margin) + 1
    part = height[top : max(bottom, top), left : max(right, left)]
    if part.size:
        length = float(np.hypot(dy, dx))
        y = (np.arange(part.shape[0], dtype=np.float32) + np.float32(top - y0))[:, None]
        x = (np.arange(part.shape[1], dtype=np.float32) + np.float32(left - x0))[None, :]
        off = (x * np.float32(dy / length) - y * np.float32(dx / length)) / np.float32(width)
        along = (x * np.float32(dx / length) + y * np.float32(dy / length)) / np.float32(length)
        taper = np.clip(4 * along * (1 - along), 0, 1)
        part -= np.float32(depth) * taper * (np.exp(-off * off) - 0.35 * np.exp(-((np.abs(off) - 1.6) ** 2)))


def age(generator: np.random.Generator, height: Field, surface: Surface, *, radius_px: float) -> Field:
    """Return the heights in pixels with grain, corrosion, pits and scratches added.

    Args:
        generator: the coin's stream for its surface.
        height: heights in pixels, H x W, the flan in the middle.
        surface: the state of the surface.
        radius_px: flan radius in pixels.
    """
    rows, columns = height.shape
    scale = radius_px / _FULL_SIZE_PX
    rough = 0.35 + 0.65 * surface.corrosion
    aged = height.copy()
    for cell_px, size_px in ((2.0, 0.11), (4.5, 0.2), (13.0, 0.42), (40.0, 1.2), (95.0, 2.6)):
        cells = (max(1, round(rows / (cell_px * scale))), max(1, round(columns / (cell_px * scale))))
        aged += np.float32(size_px * rough * scale) * smooth_field(generator, height.shape, cells=cells)
    cells = (max(1, round(rows / (6.5 * scale))), max(1, round(columns / (6.5 * scale))))
    pores = ramp(smooth_field(generator, height.shape, cells=cells), 1.6 - surface.corrosion, 2.8)
    aged -= np.float32((0.3 + 2.2 * surface.corrosion) * scale) * pores
    middle = (0.5 * rows, 0.5 * columns)
    for _ in range(surface.pits):
        place = generator.uniform(-0.95, 0.95, 2) * radius_px + middle
        size = float(generator.gamma(3.0, 0.55)) * scale + 0.7
        sunk = float(generator.uniform(0.25, 0.8)) * size
        _dent(aged, at=(float(place[0]), float(place[1])), radius=size, depth=sunk)
    for _ in range(surface.scratches):
        place = generator.uniform(-0.8, 0.8, 2) * radius_px + middle
        angle, length = generator.uniform(0, 2 * np.pi), generator.uniform(0.08, 0.5) * radius_px
        step = (float(length * np.sin(angle)), float(length * np.cos(angle)))
        width, sunk = (
            float(generator.uniform(0.5, 1.0)) * scale + 0.1,
            float(generator.uniform(0.25, 0.9)) * scale,
        )
        _scratch(aged, start=(float(place[0]), float(place[1])), step=step, width=width, depth=sunk)
    return aged
