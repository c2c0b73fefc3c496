"""The flan: a lump of silver, hammered flat, trimmed with a chisel, smaller than the die and never round.

Flan coordinates have their origin in the middle of the flan, x to the right, y down; its greatest radius is
their unit.
"""

from dataclasses import dataclass

import numpy as np

from coin_xai.mint.chance import Purpose, stream
from coin_xai.mint.noise import Field, ramp, smooth_field

_SAMPLES = 4096  # of the outline: a step of a quarter of a pixel on a photograph of 320 pixels


@dataclass(frozen=True, eq=False)
class Flan:
    """One flan and how the die met it.

    Args:
        outline: radius of the edge at 4096 directions, from -180 to 180 degrees; the greatest is 1.
        uncracked: the same without cracks, which let no light through to the ground.
        die_ratio: die radius in flan radii, mostly above 1.
        die_offset: where the centre of the cross was struck, x and y in flan radii.
        rotation_deg: how far the cross is turned from upright, counter-clockwise as seen.
        edge_width: breadth of the rounded edge in flan radii.
        dish: how much deeper the middle lies than the edge, in flan radii.
    """

    outline: Field
    uncracked: Field
    die_ratio: float
    die_offset: tuple[float, float]
    rotation_deg: float
    edge_width: float
    dish: float

    def depths(self, x: Field, y: Field) -> tuple[Field, Field]:
        """Return the distance to the edge and to the uncracked edge in flan radii, positive inside.

        It is measured towards the middle, so along a cut side it is a little too great.
        """
        turn = np.arctan2(y, x) * np.float32(_SAMPLES / (2 * np.pi)) + np.float32(0.5 * _SAMPLES)
        index, radius = np.minimum(turn, _SAMPLES - 1).astype(np.int16), np.hypot(x, y)
        return self.outline.take(index) - radius, self.uncracked.take(index) - radius

    def depth(self, x: Field, y: Field) -> Field:
        """Return the distance to the edge in flan radii, positive inside."""
        return self.depths(x, y)[0]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower end of the flan in flan coordinates."""
        angle = np.linspace(-np.pi, np.pi, _SAMPLES, endpoint=False)
        x, y = self.outline * np.cos(angle), self.outline * np.sin(angle)
        return float(x.min()), float(y.min()), float(x.max()), float(y.max())

    def to_die(self, x: Field, y: Field) -> tuple[Field, Field]:
        """Return the die coordinates that came to lie at these flan coordinates."""
        angle = np.deg2rad(self.rotation_deg)
        cosine, sine = np.float32(np.cos(angle) / self.die_ratio), np.float32(np.sin(angle) / self.die_ratio)
        dx, dy = x - np.float32(self.die_offset[0]), y - np.float32(self.die_offset[1])
        return dx * cosine - dy * sine, dy * cosine + dx * sine

    def from_die(self, x: Field, y: Field) -> tuple[Field, Field]:
        """Return the flan coordinates at which these die coordinates came to lie."""
        angle = np.deg2rad(self.rotation_deg)
        cosine, sine = np.float32(np.cos(angle) * self.die_ratio), np.float32(np.sin(angle) * self.die_ratio)
        right, down = self.die_offset
        return x * cosine + y * sine + np.float32(right), y * cosine - x * sine + np.float32(down)


def _around(table: Field, centre: float, half_width: float) -> Field:
    """Return 1 at the direction `centre` falling straight to 0 at `half_width` on both sides (radians)."""
    angle = np.linspace(-np.pi, np.pi, table.size, endpoint=False)
    away = np.abs((angle - centre + np.pi) % (2 * np.pi) - np.pi)
    return np.clip(1 - away / half_width, 0, 1).astype(np.float32)


def cast_flan(seed: int, number: int, *, rotation_spread_deg: float) -> Flan:
    """Cast, hammer and trim the flan of one coin, and strike it off-centre.

    Args:
        seed: the issue's seed.
        number: the coin's number.
        rotation_spread_deg: standard deviation of the angle between cross and picture.
    """
    generator = stream(seed, Purpose.FLAN, number)
    angle = np.linspace(-np.pi, np.pi, _SAMPLES, endpoint=False)
    outline = np.ones(_SAMPLES)
    for order, size in ((2, 0.05), (3, 0.025), (4, 0.014), (5, 0.011), (7, 0.008), (11, 0.005), (17, 0.003)):
        outline += generator.normal(0, size) * np.cos(order * angle + generator.uniform(0, 2 * np.pi))
    trimmed = generator.random() < 0.75  # most flans of the series were cut to weight with a chisel
    for _ in range(int(generator.integers(3, 9)) if trimmed else int(generator.integers(0, 2))):
        facing = np.cos(angle - generator.uniform(-np.pi, np.pi))
        outline = np.minimum(outline, generator.uniform(0.82, 0.97) / np.maximum(facing, 0.3))
    kernel = np.exp(-0.5 * (np.arange(-60, 61) / 20) ** 2)
    padded = np.concatenate([outline[-60:], outline, outline[:60]])
    outline = np.convolve(padded, kernel / kernel.sum(), mode="valid")
    outline += 0.0018 * np.convolve(
        generator.standard_normal(_SAMPLES + 60), np.hanning(61) / 4.7, mode="valid"
    )
    uncracked = outline.copy()
    for _ in range(int(generator.poisson(0.5))):
        notch = _around(
            outline.astype(np.float32), generator.uniform(-np.pi, np.pi), generator.uniform(0.012, 0.03)
        )
        outline -= generator.uniform(0.04, 0.16) * notch**0.6
    offset = generator.normal(0, 0.085, 2).clip(-0.22, 0.22)
    return Flan(
        outline=(outline / uncracked.max()).astype(np.float32),
        uncracked=(uncracked / uncracked.max()).astype(np.float32),
        die_ratio=float(generator.uniform(1.02, 1.3)),
        die_offset=(float(offset[0]), float(offset[1])),
        rotation_deg=float(generator.standard_normal() * rotation_spread_deg),
        edge_width=float(generator.uniform(0.03, 0.075)),
        dish=float(generator.normal(0.02, 0.025)),
    )


def body(generator: np.random.Generator, flan: Flan, *, depth: Field, radius: Field) -> Field:
    """Return the shape of the unstruck flan in flan radii: rounded edge, dish, hammered unevenness."""
    # Hammer and chisel leave no even edge: here it is sharp, there rolled over.
    rolled = 1.25 + 0.5 * smooth_field(generator, depth.shape, cells=(6, 6))
    height = np.float32(0.65 * flan.edge_width) * ramp(
        depth * np.clip(rolled, 0.5, 2.2), -0.25 * flan.edge_width, flan.edge_width
    )
    height += np.float32(flan.dish) * radius * radius
    height += np.float32(0.006) * smooth_field(generator, depth.shape, cells=(5, 5))
    return height
