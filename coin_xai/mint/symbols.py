"""The symbols that stand in the cantons, as relief: each one a function from a unit square to heights.

A symbol fills about the circle of radius 1 round (0, 0), x to the right and y down. It returns heights of
0, the field of the die, to 1; shoulders are round, as punches and gravers leave them.
"""

from collections.abc import Callable

import numpy as np

from coin_xai.mint.noise import Field, dome

Symbol = Callable[[Field, Field], Field]


def _disc(x: Field, y: Field, *, at: tuple[float, float] = (0.0, 0.0), radius: float) -> Field:
    """Return the depth inside a disc."""
    depth: Field = np.float32(radius) - np.hypot(x - np.float32(at[0]), y - np.float32(at[1]))
    return depth


def _rod(x: Field, y: Field, *, start: tuple[float, float], end: tuple[float, float], radius: float) -> Field:
    """Return the depth inside a straight rod with round ends."""
    (x0, y0), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
    depth: Field = np.float32(radius) - np.hypot(x - x0 - along * dx, y - y0 - along * dy)
    return depth


def _ring(x: Field, y: Field, *, at: tuple[float, float], radius: float, thickness: float) -> Field:
    """Return the depth inside a ring, `thickness` being half its width."""
    return np.float32(thickness) - np.abs(_disc(x, y, at=at, radius=radius))


def axe(x: Field, y: Field) -> Field:
    """Axe: upright haft, blade to the right that flares towards a curved edge."""
    haft = dome(_rod(x, y, start=(-0.38, -0.85), end=(-0.38, 0.88), radius=0.14), 0.14)
    out = np.clip(x + np.float32(0.38), 0, None)
    middle = y + np.float32(0.32)
    blade = np.minimum(0.16 + 0.38 * out * out - np.abs(middle), 0.72 - x - 0.28 * middle * middle)
    return np.maximum(haft, dome(np.minimum(blade, x + np.float32(0.5)), 0.3))


def pellet(x: Field, y: Field) -> Field:
    """Pellet (globule): half a ball."""
    return dome(_disc(x, y, radius=0.55), 0.55)


def three_pellets(x: Field, y: Field) -> Field:
    """Three pellets in a triangle."""
    places = ((0.0, -0.52), (0.5, 0.36), (-0.5, 0.36))
    depth = _disc(x, y, at=places[0], radius=0.36)
    for place in places[1:]:
        depth = np.maximum(depth, _disc(x, y, at=place, radius=0.36))
    return dome(depth, 0.36)


def crescent(x: Field, y: Field) -> Field:
    """Crescent with its horns up."""
    return dome(np.minimum(_disc(x, y, radius=0.88), -_disc(x, y, at=(0.0, -0.42), radius=0.68)), 0.24)


def wheel(x: Field, y: Field) -> Field:
    """Wheel: rim, four spokes, hub."""
    depth = np.maximum(_ring(x, y, at=(0.0, 0.0), radius=0.74, thickness=0.15), _disc(x, y, radius=0.22))
    for dx, dy in ((0.5, 0.5), (0.5, -0.5)):
        depth = np.maximum(depth, _rod(x, y, start=(-dx, -dy), end=(dx, dy), radius=0.09))
    return dome(depth, 0.16)


def flower(x: Field, y: Field) -> Field:
    """Flower: five drop-shaped petals round a pellet."""
    height = dome(_disc(x, y, radius=0.24), 0.24)
    for angle in np.arange(5) * (2 * np.pi / 5) - np.pi / 2:
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        along, across = x * cosine + y * sine - np.float32(0.64), y * cosine - x * sine
        petal = np.float32(0.25) * (1 - np.hypot(along / np.float32(0.33), across / np.float32(0.25)))
        height = np.maximum(height, dome(petal, 0.2))
    return height


def ellipse(x: Field, y: Field) -> Field:
    """Ellipse, solid like an olive, leaning."""
    along, across = (x + y) * np.float32(0.7071), (y - x) * np.float32(0.7071)
    return dome(np.float32(0.4) * (1 - np.hypot(along / np.float32(0.95), across / np.float32(0.45))), 0.35)


def annulet(x: Field, y: Field) -> Field:
    """Annulet: a plain ring."""
    return dome(_ring(x, y, at=(0.0, 0.0), radius=0.58, thickness=0.21), 0.21)


def volute(x: Field, y: Field) -> Field:
    """Volute: a spiral of two turns round a pellet, its end tapering."""
    pitch, turns = np.float32(0.4), np.float32(2.15)
    radius, angle = np.hypot(x, y), np.arctan2(y, x) * np.float32(0.5 / np.pi)
    # Turns wound from the centre to the arm that passes nearest to each point.
    wound = np.round(radius / pitch - angle) + angle
    depth = np.float32(0.13) - np.abs(radius - pitch * wound)
    depth = np.minimum(depth, np.float32(0.5) * np.minimum(turns - wound, wound - np.float32(0.1)))
    return dome(np.maximum(depth, _disc(x, y, radius=0.15)), 0.13)


def pretzel(x: Field, y: Field) -> Field:
    """Pretzel: two loops that cross each other, held by a bow below."""
    depth = np.maximum(
        _ring(x, y, at=(-0.32, -0.26), radius=0.46, thickness=0.115),
        _ring(x, y, at=(0.32, -0.26), radius=0.46, thickness=0.115),
    )
    bow = np.minimum(_ring(x, y, at=(0.0, -0.06), radius=0.8, thickness=0.115), y + np.float32(0.1))
    return dome(np.maximum(depth, bow), 0.115)


def lozenge(x: Field, y: Field) -> Field:
    """Lozenge: four sloping faces that meet in a blunt top."""
    return dome(np.float32(0.5) - np.float32(0.62) * np.abs(x) - np.float32(0.5) * np.abs(y), 0.6)


# The words are those of the table of truths. Order matters: types are drawn by position in it.
SYMBOLS: dict[str, Symbol] = {
    "axe": axe,
    "pellet": pellet,
    "three pellets": three_pellets,
    "crescent": crescent,
    "wheel": wheel,
    "flower": flower,
    "ellipse": ellipse,
    "annulet": annulet,
    "volute": volute,
    "pretzel": pretzel,
    "lozenge": lozenge,
}
