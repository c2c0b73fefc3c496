"""Light on metal: from heights to colours, by normals, a reflected studio and dirt in the hollows."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, uniform_filter

from coin_xai.mint.noise import Field, ramp, smooth_field

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Metal:
    """How a metal looks.

    Args:
        name: the word in the table of truths.
        bare: colour of polished high points, linear-looking RGB of 0 to 1.
        toned: colour of the field under its patina.
        recess: colour of the dirt in the hollows.
        gloss: strength of the mirror-like part, 0 to 1.
        patina: share of light that the hollows lose, 0 to 1.
    """

    name: str
    bare: Colour
    toned: Colour
    recess: Colour
    gloss: float
    patina: float


METALS = (
    Metal("silver bright", (0.95, 0.94, 0.92), (0.76, 0.75, 0.73), (0.16, 0.15, 0.14), 0.95, 0.60),
    Metal("silver grey", (0.82, 0.82, 0.82), (0.47, 0.47, 0.47), (0.10, 0.10, 0.10), 0.80, 0.75),
    Metal("silver dark", (0.74, 0.72, 0.68), (0.25, 0.245, 0.25), (0.05, 0.05, 0.055), 0.70, 0.88),
    Metal("billon", (0.66, 0.56, 0.44), (0.34, 0.28, 0.22), (0.10, 0.08, 0.065), 0.60, 0.75),
    Metal("bronze", (0.60, 0.42, 0.25), (0.22, 0.20, 0.13), (0.06, 0.075, 0.05), 0.55, 0.78),
)
METAL_WEIGHTS = (0.32, 0.32, 0.20, 0.11, 0.05)  # the series is silver; late issues are debased


@dataclass(frozen=True)
class Light:
    """The main lamp.

    Args:
        angle_deg: where it stands, as seen in the picture: 0 right, 90 above, 180 left, counter-clockwise.
        elevation_deg: its height over the plane of the coin, 90 straight above.
        softness: 0 a spot, 1 a large soft box.
    """

    angle_deg: float
    elevation_deg: float
    softness: float

    @property
    def direction(self) -> tuple[float, float, float]:
        """Unit vector towards the lamp: x right, y down, z out of the picture."""
        angle, elevation = np.deg2rad(self.angle_deg), np.deg2rad(self.elevation_deg)
        flat = np.cos(elevation)
        return float(flat * np.cos(angle)), float(-flat * np.sin(angle)), float(np.sin(elevation))


def slopes(height: Field) -> tuple[Field, Field]:
    """Return the slope of the heights to the right and downwards, central differences, same shape."""
    right, down = np.zeros_like(height), np.zeros_like(height)
    np.subtract(height[:, 2:], height[:, :-2], out=right[:, 1:-1])
    np.subtract(height[2:], height[:-2], out=down[1:-1])
    right *= np.float32(0.5)
    down *= np.float32(0.5)
    return right, down


def hollowness(height: Field, *, radius_px: float) -> Field:
    """Return how deep a place lies below its surroundings, in pixels, negative on high points.

    Two neighbourhoods, a narrow one for the foot of a symbol and a wide one for the ground between symbols.
    """
    narrow = gaussian_filter(height, 2.4 * radius_px / 150, truncate=2.0) - height
    size = max(3, int(0.17 * radius_px) | 1)
    wide = uniform_filter(uniform_filter(height, size), size) - height
    hollow: Field = 0.9 * narrow + 0.4 * wide
    return hollow


def _cast(height: Field, light: Light, *, radius_px: float) -> Field:
    """Return how far, 0 to 1, a place lies in the shadow of its higher neighbours."""
    lamp_x, lamp_y, lamp_z = light.direction
    flat = max(float(np.hypot(lamp_x, lamp_y)), 1e-6)
    rise = lamp_z / flat
    shade_depth = np.zeros_like(height)
    for step in (2.5, 5.0, 9.0):
        reach = step * radius_px / 150
        move = (-round(reach * lamp_y / flat), -round(reach * lamp_x / flat))
        # The frame's rim is background, so what the roll carries over it is never seen.
        over = np.roll(height, move, axis=(0, 1)) - height - np.float32(0.55 * rise * reach)
        np.maximum(shade_depth, over, out=shade_depth)
    return ramp(shade_depth, 0.0, 2.2 * radius_px / 150)


def shade(
    generator: np.random.Generator,
    height: Field,
    *,
    metal: Metal,
    light: Light,
    polish: float,
    radius_px: float,
) -> Field:
    """Return the lit metal, H x W x 3, linear values of 0 to about 1.

    Args:
        generator: the coin's stream for stains.
        height: heights in pixels, H x W.
        metal: what it is made of.
        light: the main lamp.
        polish: how bare the high points are rubbed, 0 to 1.
        radius_px: flan radius in pixels.
    """
    right, down = slopes(height)
    upright: Field = 1 / np.sqrt(1 + right * right + down * down)
    lamp_x, lamp_y, lamp_z = (np.float32(part) for part in light.direction)
    facing = (lamp_z - lamp_x * right - lamp_y * down) * upright
    # What a mirror of this slope would show: towards the lamp a bright box, away from it a dark room. It
    # turns with twice the slope, which is why silver shows so much more contrast than plaster.
    mirrored = 2 * facing * upright - lamp_z
    sharpness = np.float32(4.0 + 10.0 * (1 - light.softness))
    room = 0.07 + 0.60 * ramp(mirrored, -0.6, 1.25) + 1.35 * np.exp(sharpness * (mirrored - 1))

    unit = 150 / radius_px
    hollow = hollowness(height, radius_px=radius_px) * np.float32(unit)
    stains = smooth_field(generator, height.shape, cells=(6, 6))
    grain = (max(1, round(height.shape[0] * unit / 3)), max(1, round(height.shape[1] * unit / 3)))
    stains += 0.35 * smooth_field(generator, height.shape, cells=grain)
    stains += 0.6 * smooth_field(generator, height.shape, cells=(26, 26))
    dirt = ramp(hollow + 0.25 * stains, -0.3, 2.0) * np.float32(metal.patina)
    bare = ramp(0.12 * stains - hollow, -0.1, 1.8) * np.float32(0.3 + 0.7 * polish)
    open_sky = (1 - 0.55 * ramp(hollow, 0.0, 2.6)) * (1 - 0.6 * _cast(height, light, radius_px=radius_px))

    gloss = np.float32(metal.gloss) * (1 - 0.7 * dirt)
    dull = 0.16 + 0.8 * np.maximum(facing, 0)
    light_sum = (dull + gloss * (room - dull)) * open_sky
    tarnish = 0.03 * smooth_field(generator, height.shape, cells=(3, 3))
    lit = np.empty((*height.shape, 3), dtype=np.float32)
    for channel in range(3):
        toned, recess = np.float32(metal.toned[channel]), np.float32(metal.recess[channel])
        # Tarnish is a thin film: it turns yellow in one place and blue in another.
        tone = toned * (1 + 0.07 * stains + (1 - channel) * tarnish)
        tone += (np.float32(metal.bare[channel]) - tone) * bare
        lit[..., channel] = (tone + (recess - tone) * dirt) * light_sum
    return lit
