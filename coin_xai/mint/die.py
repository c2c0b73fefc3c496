"""The die: a cross, four cantons and a border, cut by hand and a little differently each time.

Die coordinates have their origin in the centre of the cross, x to the right, y down, the die radius as unit.
"""

from dataclasses import dataclass

import numpy as np

from coin_xai.mint.chance import Purpose, stream
from coin_xai.mint.formula import CoinType
from coin_xai.mint.noise import Field, Mask, dome, smooth_curve
from coin_xai.mint.symbols import SYMBOLS

CANTON_SIDES = ((-1, -1), (1, -1), (-1, 1), (1, 1))  # signs of x and y in cantons 1 to 4, the heraldic order

_REACH = 1.6  # curves are tabulated from -_REACH to _REACH, beyond what any flan can carry
_SAMPLES = 640
_BORDER_RADIUS = 0.9
_CANTON_RADIUS = 0.84  # a canton ends where the border begins
_OUTLINE = 0.08  # a symbol's outline is where its relief has risen to this share of its height


@dataclass(frozen=True)
class Stamp:
    """Where and how one symbol is cut.

    Args:
        word: one of SYMBOLS.
        canton: 1 to 4; 0 on an arm of the cross.
        centre: x and y in die coordinates.
        radius: in die radii.
        inward: matrix from die coordinates round the centre to the symbol's own square.
        height: in die radii.
    """

    word: str
    canton: int
    centre: tuple[float, float]
    radius: float
    inward: tuple[tuple[float, float], tuple[float, float]]
    height: float


@dataclass(frozen=True, eq=False)
class Bar:
    """One bar: where its middle line and its edges run, tabulated along it; and its height."""

    middle: Field
    half_width: Field
    height: float

    def depth(self, along: Field, across: Field) -> tuple[Field, Field]:
        """Return the depth, positive inside the bar, and the half width at each point, in die radii."""
        scale = np.float32((_SAMPLES - 1) / (2 * _REACH))
        index = np.clip((along + np.float32(_REACH)) * scale, 0, _SAMPLES - 1).astype(np.int16)
        half = self.half_width.take(index)
        return half - np.abs(across - self.middle.take(index)), half


@dataclass(frozen=True, eq=False)
class Die:
    """One die.

    Args:
        coin_type: the type it was cut for.
        number: counts the dies of the type from 1.
        horizontal: the horizontal bar of the cross.
        vertical: the vertical bar.
        stamps: the symbols, in the order of the cantons.
        beads: number of beads in a beaded border.
        boss: radius of the pellet on the centre of the cross in die radii, 0 for none.
    """

    coin_type: CoinType
    number: int
    horizontal: Bar
    vertical: Bar
    stamps: tuple[Stamp, ...]
    beads: int
    boss: float

    @property
    def name(self) -> str:
        """The name of the die, such as `T03_D2`."""
        return f"{self.coin_type.name}_D{self.number}"


def _bar(generator: np.random.Generator, width: float) -> Bar:
    along = np.linspace(-_REACH, _REACH, _SAMPLES, dtype=np.float32)
    lean, flare = float(generator.normal(0, 0.012)), float(generator.uniform(-0.1, 0.3))
    middle = lean * along + 0.008 * smooth_curve(generator, _SAMPLES, cells=9)
    # Arms flare outwards; in the middle of an arm, at 0.45 die radii, the bar has the width of its type.
    profile = 1 + flare * (np.abs(along) - 0.45) + 0.065 * smooth_curve(generator, _SAMPLES, cells=13)
    return Bar(middle, (0.5 * width * profile).astype(np.float32), float(generator.uniform(0.05, 0.064)))


def _stamp(generator: np.random.Generator, word: str, canton: int) -> Stamp:
    side_x, side_y = CANTON_SIDES[canton - 1]
    distance = generator.normal(0.42, 0.018, 2)
    radius = float(generator.normal(0.245, 0.012))
    angle = float(np.deg2rad(generator.normal(0, 7)))
    stretch_x, stretch_y, shear = generator.normal((1, 1, 0), 0.05)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    inward = np.array([[stretch_x, shear], [0.0, stretch_y]]) @ turn / radius
    (a, b), (c, d) = inward.tolist()
    centre = (float(side_x * distance[0]), float(side_y * distance[1]))
    return Stamp(word, canton, centre, radius, ((a, b), (c, d)), float(generator.uniform(0.044, 0.058)))


def cut_die(seed: int, coin_type: CoinType, *, number: int) -> Die:
    """Cut one die: the type's design with the engraver's small deviations."""
    generator = stream(seed, Purpose.DIE, int(coin_type.name[1:]), number)
    horizontal = _bar(generator, coin_type.bar_width_horizontal)
    vertical = _bar(generator, coin_type.bar_width_vertical)
    stamps = tuple(_stamp(generator, word, i) for i, word in enumerate(coin_type.cantons, start=1) if word)
    beads = int(generator.integers(46, 62))
    widest = max(coin_type.bar_width_horizontal, coin_type.bar_width_vertical)
    boss = float(generator.uniform(0.5, 0.8)) * widest if generator.random() < 0.5 else 0.0
    return Die(coin_type, number, horizontal, vertical, stamps, beads, boss)


def _window(stamp: Stamp, x: Field, y: Field) -> tuple[slice, slice]:
    """Return the rows and columns in which the stamp can lie, so that it is computed only there."""
    near = (np.abs(x - np.float32(stamp.centre[0])) < 1.4 * stamp.radius) & (
        np.abs(y - np.float32(stamp.centre[1])) < 1.4 * stamp.radius
    )
    rows, columns = np.flatnonzero(near.any(axis=1)), np.flatnonzero(near.any(axis=0))
    if rows.size == 0:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _stamp_height(stamp: Stamp, x: Field, y: Field) -> Field:
    """Return the stamp's height, 0 to 1, at die coordinates."""
    dx, dy = x - np.float32(stamp.centre[0]), y - np.float32(stamp.centre[1])
    (a, b), (c, d) = stamp.inward
    return SYMBOLS[stamp.word](
        np.float32(a) * dx + np.float32(b) * dy, np.float32(c) * dx + np.float32(d) * dy
    )


def _border(die: Die, x: Field, y: Field, radius: Field) -> Field:
    if die.coin_type.border == "line":
        return np.float32(0.035) * dome(
            np.float32(0.022) - np.abs(radius - np.float32(_BORDER_RADIUS)), 0.022
        )
    turn = np.arctan2(y, x) * np.float32(die.beads / (2 * np.pi))
    along = (turn - np.round(turn)) * np.float32(2 * np.pi * _BORDER_RADIUS / die.beads)
    return np.float32(0.04) * dome(
        np.float32(0.04) - np.hypot(along, radius - np.float32(_BORDER_RADIUS)), 0.04
    )


def relief(die: Die, x: Field, y: Field) -> Field:
    """Return the height of a full strike in die radii, 0 in the field, at die coordinates H x W."""
    radius = np.hypot(x, y)
    across, half_horizontal = die.horizontal.depth(x, y)
    down, half_vertical = die.vertical.depth(y, x)
    height: Field = np.maximum(
        np.float32(die.horizontal.height) * dome(across / half_horizontal, 0.78),
        np.float32(die.vertical.height) * dome(down / half_vertical, 0.78),
    )
    boss = dome(np.float32(die.boss) - radius, max(die.boss, 0.01))
    height = np.maximum(height, np.float32(0.068) * boss)
    if die.coin_type.border != "none":
        height[radius > _BORDER_RADIUS + 0.05] *= np.float32(0.3)
        height = np.maximum(height, _border(die, x, y, radius))
    for stamp in die.stamps:
        window = _window(stamp, x, y)
        if window[0].stop:
            patch = np.float32(stamp.height) * _stamp_height(stamp, x[window], y[window])
            height[window] = np.maximum(height[window], patch)
    return height


def regions(die: Die, x: Field, y: Field) -> dict[str, Mask]:
    """Return where the parts of the design lie: bars, cantons and symbols, boolean, at die coordinates.

    `bar_horizontal` and `bar_vertical` overlap in the centre; `canton_1` to `canton_4` are the quarters
    between the bars, with or without a symbol; `symbol_1` to `symbol_4` what stands in them, all False where
    nothing does.
    """
    inside = np.hypot(x, y) < _CANTON_RADIUS
    across, down = die.horizontal.depth(x, y)[0] > 0, die.vertical.depth(y, x)[0] > 0
    cross = across | down
    parts: dict[str, Mask] = {"bar_horizontal": across & inside, "bar_vertical": down & inside}
    for canton, (side_x, side_y) in enumerate(CANTON_SIDES, start=1):
        parts[f"canton_{canton}"] = inside & ~cross & (side_x * x > 0) & (side_y * y > 0)
        parts[f"symbol_{canton}"] = np.zeros(x.shape, dtype=bool)
    for stamp in die.stamps:
        window = _window(stamp, x, y)
        if stamp.canton and window[0].stop:
            parts[f"symbol_{stamp.canton}"][window] = _stamp_height(stamp, x[window], y[window]) > _OUTLINE
    return parts
