"""What lies under the coin: paper, velvet, a studio gradient, wood, cloth, stone."""

import numpy as np

from coin_xai.mint.noise import Field, ramp, smooth_field, white

BACKGROUNDS = ("white paper", "black velvet", "grey gradient", "wood", "cloth", "stone")

_TINTS = {
    "white paper": (1.0, 0.99, 0.97),
    "black velvet": (0.95, 0.97, 1.0),
    "grey gradient": (0.99, 1.0, 1.01),
    "wood": (1.0, 0.74, 0.50),
    "cloth": (1.0, 0.93, 0.82),
    "stone": (1.0, 0.98, 0.95),
}
_TONES = {
    "white paper": (0.86, 1.0),
    "black velvet": (0.012, 0.04),
    "grey gradient": (0.25, 0.6),
    "wood": (0.22, 0.5),
    "cloth": (0.3, 0.65),
    "stone": (0.45, 0.75),
}


def draw_tone(generator: np.random.Generator, kind: str) -> float:
    """Draw how light the background is: linear grey of 0 to 1, in the range of its kind."""
    return float(generator.uniform(*_TONES[kind]))


def _cells(shape: tuple[int, int], down_px: float, across_px: float) -> tuple[int, int]:
    return max(1, round(shape[0] / down_px)), max(1, round(shape[1] / across_px))


def _pattern(generator: np.random.Generator, kind: str, shape: tuple[int, int], unit: float) -> Field:
    """Return the relative lightness, mean near 1; `unit` is one pixel of a photograph of 320."""
    if kind == "white paper":
        return 1 + 0.008 * smooth_field(generator, shape, cells=_cells(shape, 3 * unit, 3 * unit))
    if kind == "grey gradient":
        return 1 + 0.004 * white(generator, shape)
    if kind == "black velvet":
        pile = smooth_field(generator, shape, cells=_cells(shape, 2.5 * unit, 2.5 * unit))
        folds = smooth_field(generator, shape, cells=(3, 3))
        velvet: Field = np.maximum(1 + 0.22 * pile + 0.25 * folds, 0)
        return velvet
    if kind == "wood":
        grain = smooth_field(generator, shape, cells=_cells(shape, 3 * unit, 90 * unit))
        bands = smooth_field(generator, shape, cells=_cells(shape, 14 * unit, 200 * unit))
        pores = ramp(smooth_field(generator, shape, cells=_cells(shape, 2.2 * unit, 24 * unit)), 1.2, 2.6)
        wood: Field = np.maximum(1 + 0.1 * grain + 0.16 * bands - 0.45 * pores, 0.1)
        return wood
    if kind == "cloth":
        pitch = float(generator.uniform(6.0, 11.0)) * unit
        bend = 0.5 * smooth_field(generator, shape, cells=(4, 4))
        down = np.arange(shape[0], dtype=np.float32)[:, None] * np.float32(2 * np.pi / pitch)
        across = np.arange(shape[1], dtype=np.float32)[None, :] * np.float32(2 * np.pi / pitch)
        weave = np.sin(down + bend) * np.sin(across - bend)
        threads = 0.5 * np.sin(2 * (down + bend)) + 0.5 * np.sin(2 * (across - bend))
        slub = smooth_field(generator, shape, cells=_cells(shape, 5 * unit, 5 * unit))
        cloth: Field = np.maximum(1 + 0.3 * weave + 0.12 * threads + 0.05 * slub, 0.1)
        return cloth
    speckles = smooth_field(generator, shape, cells=_cells(shape, 5 * unit, 5 * unit))
    clouds = smooth_field(generator, shape, cells=_cells(shape, 30 * unit, 30 * unit))
    fine = smooth_field(generator, shape, cells=_cells(shape, 2.2 * unit, 2.2 * unit))
    flecks = 0.3 * ramp(-speckles, 1.0, 1.9) - 0.35 * ramp(speckles, 1.0, 1.9)
    return 1 + 0.08 * clouds + 0.06 * fine + flecks


def lay_out(
    generator: np.random.Generator, kind: str, shape: tuple[int, int], *, tone: float, light_angle_deg: float
) -> Field:
    """Return the empty background, H x W x 3, linear values of 0 to about 1.

    Args:
        generator: the coin's stream for its background.
        kind: one of BACKGROUNDS.
        shape: height and width in pixels.
        tone: lightness, linear grey of 0 to 1.
        light_angle_deg: the side of the lamp is a little lighter.
    """
    pattern = _pattern(generator, kind, shape, max(shape) / 320)
    fall = 0.22 if kind == "grey gradient" else 0.06
    angle = np.deg2rad(light_angle_deg)
    down = np.linspace(-1, 1, shape[0], dtype=np.float32)[:, None] * np.float32(-np.sin(angle))
    across = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :] * np.float32(np.cos(angle))
    lightness = pattern * (1 + np.float32(fall) * (down + across)) * np.float32(tone)
    coloured: Field = lightness[..., None] * np.array(_TINTS[kind], dtype=np.float32)
    return coloured


def shadow(
    depth: Field, x: Field, y: Field, *, direction: tuple[float, float, float], softness: float
) -> Field:
    """Return the share of light, 0 to 1, that reaches the background round the coin.

    Args:
        depth: distance to the coin's edge in flan radii, positive inside.
        x: flan coordinate to the right, in the frame's own axes.
        y: flan coordinate downwards.
        direction: unit vector towards the lamp (x right, y down, z out).
        softness: 0 hard and narrow, 1 soft and broad.
    """
    lamp_x, lamp_y, lamp_z = direction
    flat = max(float(np.hypot(lamp_x, lamp_y)), 1e-6)
    away = -(x * np.float32(lamp_x / flat) + y * np.float32(lamp_y / flat)) / np.maximum(np.hypot(x, y), 0.05)
    length = 0.03 + 0.10 * (1 - lamp_z) + 0.05 * softness
    cast = np.exp(np.minimum(depth, 0) * np.float32(1 / length)) * ramp(away, -0.7, 0.9)
    contact = np.exp(np.minimum(depth, 0) * np.float32(1 / 0.022))
    light: Field = (1 - np.float32(0.72 - 0.25 * softness) * cast) * (1 - 0.3 * contact)
    return light
