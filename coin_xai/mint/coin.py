"""One coin: its photograph, its truths and where on the photograph the parts of the design lie."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from coin_xai.mint.background import lay_out, shadow
from coin_xai.mint.camera import expose
from coin_xai.mint.chance import Purpose, stream
from coin_xai.mint.die import regions, relief
from coin_xai.mint.flan import body
from coin_xai.mint.issue import Issue
from coin_xai.mint.light import shade
from coin_xai.mint.noise import Field, Mask, ramp, smooth_field
from coin_xai.mint.plan import Plan, Shot, plan_coin
from coin_xai.mint.surface import age, wear_down
from coin_xai.mint.truth import Truth, tell

_RAGGED = 0.0035  # die radii: half a pixel at 320, so masks stay right to a pixel


@dataclass(frozen=True, eq=False)
class Coin:
    """One drawn coin.

    Args:
        photograph: H x W x 3, red, green, blue, 0 to 255.
        truth: what is known about it.
        plan: the decisions from which it was drawn.
    """

    photograph: NDArray[np.uint8] = field(repr=False)
    truth: Truth
    plan: Plan = field(repr=False)

    def masks(self) -> dict[str, Mask]:
        """Return where the parts lie on the photograph: name to H x W boolean array.

        `flan` and `background` share the frame between them. `bar_horizontal` and `bar_vertical` cross each
        other; `canton_1` to `canton_4` are the quarters between them; `symbol_1` to `symbol_4` what stands in
        them, all False where nothing does. All but `background` lie on the flan; the truths tell which share
        of each part that is.
        """
        x, y = _flan_coordinates(self.plan.shot)
        flan = self.plan.flan.depth(x, y) > 0
        parts = regions(self.plan.die, *self.plan.flan.to_die(x, y))
        return {"flan": flan, "background": ~flan} | {name: part & flan for name, part in parts.items()}


def _flan_coordinates(shot: Shot) -> tuple[Field, Field]:
    """Return the flan coordinates of every pixel's centre: x as 1 x W, y as H x 1, ready to broadcast."""
    height, width = shot.shape
    x = (np.arange(width, dtype=np.float32) + np.float32(0.5 - shot.centre_px[0])) / np.float32(
        shot.radius_px
    )
    y = (np.arange(height, dtype=np.float32) + np.float32(0.5 - shot.centre_px[1])) / np.float32(
        shot.radius_px
    )
    return x[None, :], y[:, None]


def photograph(plan: Plan) -> NDArray[np.uint8]:
    """Return the photograph of a planned coin, H x W x 3."""
    shot, flan = plan.shot, plan.flan
    x, y = _flan_coordinates(shot)
    depth, uncracked = flan.depths(x, y)

    shaping = stream(plan.seed, Purpose.FLAN, plan.number, 1)
    along, down = flan.to_die(x, y)
    # Cold metal does not flow into every corner of the die: outlines come out a little ragged.
    cells = tuple(max(1, round(length / (0.06 * shot.radius_px))) for length in shot.shape)
    along += np.float32(_RAGGED) * smooth_field(shaping, shot.shape, cells=(cells[0], cells[1]))
    down += np.float32(_RAGGED) * smooth_field(shaping, shot.shape, cells=(cells[0], cells[1]))
    design: Field = relief(plan.die, along, down)
    # The hammer falls a little askew: parts of the design are struck up less than others.
    design *= np.clip(0.9 + 0.12 * smooth_field(shaping, shot.shape, cells=(2, 2)), 0.45, 1.05)
    design *= ramp(depth, 0.0, 0.6 * flan.edge_width)
    design = wear_down(design, plan.surface.wear, radius_px=shot.radius_px)
    shape = body(shaping, flan, depth=depth, radius=np.hypot(x, y))
    height: Field = np.float32(shot.radius_px) * (np.float32(flan.die_ratio) * design + shape)

    surface = stream(plan.seed, Purpose.SURFACE, plan.number)
    height = age(surface, height, plan.surface, radius_px=shot.radius_px)
    metal = shade(
        surface,
        height,
        metal=plan.metal,
        light=shot.light,
        polish=plan.surface.wear,
        radius_px=shot.radius_px,
    )

    ground = stream(plan.seed, Purpose.BACKGROUND, plan.number)
    scene = lay_out(
        ground, shot.background, shot.shape, tone=shot.background_tone, light_angle_deg=shot.light.angle_deg
    )
    scene *= shadow(uncracked, x, y, direction=shot.light.direction, softness=shot.light.softness)[..., None]
    cover = np.clip(depth * np.float32(shot.radius_px) + np.float32(0.5), 0, 1)[..., None]
    scene += cover * (metal - scene)
    return expose(stream(plan.seed, Purpose.CAMERA, plan.number), scene, shot.camera)


def strike(plan: Plan) -> Coin:
    """Draw a planned coin: its photograph, and what is true of it."""
    return Coin(photograph(plan), tell(plan), plan)


def draw_coin(issue: Issue, number: int) -> Coin:
    """Draw one coin of an issue; `number` counts from 1.

    The coin depends on the issue's options and its number alone, not on how many coins the issue has. So
    coins can be drawn in any order, by any number of processes, and more can be added to an issue later.

    Raises:
        OptionError: `number` is below 1.
    """
    return strike(plan_coin(issue, number))


def mint(issue: Issue) -> Iterator[Coin]:
    """Draw the coins of an issue one after another, from number 1 to `issue.coins`."""
    for number in range(1, issue.coins + 1):
        yield draw_coin(issue, number)
