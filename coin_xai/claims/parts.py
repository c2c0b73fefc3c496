"""The named parts of a coin, as areas of the square picture that a network sees.

`cross` knows the bars of a cross, the cantons between them in heraldic order (1 upper left, 2 upper right, 3
lower left, 4 lower right, as the viewer sees it) and `diagonal`, a cross of the same size between the bars,
which is the fair comparison: it holds as much area at the same distances from the centre. `radial` knows
rings, and fits any coin. A person may mark parts instead: `marked_parts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from coin_xai.claims.options import BuiltIn
from coin_xai.claims.pose import Pose

Floats = npt.NDArray[np.float32]

HUB = 0.18
"""Radius of the middle of the cross, which belongs to both bars and so to none; in radii of the flan."""
ARM_END = 0.92
"""Of arms and cantons, where the rim begins: dies are larger than flans, and symbols reach so far."""
HALF_BAR = 0.15
"""Half the width of a bar with the edges on both sides of it."""
CENTRE, FIELD, LEGEND = 0.3, 0.68, 0.9
"""Where the rings of `radial` end."""
RIM = 0.08
"""Width of the rim, from the edge of the flan inwards."""

BACKGROUND, RIM_NAME = "background", "rim"
HORIZONTAL, VERTICAL, CROSS, DIAGONAL = "horizontal bar", "vertical bar", "cross", "diagonal"
CANTONS = ("canton 1", "canton 2", "canton 3", "canton 4")
_SIDES = ((-1, 1), (1, 1), (-1, -1), (1, -1))  # of cantons 1 to 4: right and up are positive


@dataclass(frozen=True)
class Parts:
    """The parts of one coin.

    Attributes:
        areas: which share of each pixel belongs to each part, by name (S x S each).
        visible: of each part, the share of its area that lies on the flan; 1 for the background.
    """

    areas: Mapping[str, Floats]
    visible: Mapping[str, float]


def parts_of(flan: Floats, pose: Pose, model: BuiltIn) -> Parts:
    """Return the parts of one coin.

    Args:
        flan: which share of each pixel is coin (S x S).
        pose: of the coin in the same square; `radial` takes the centre alone.
        model: which parts.
    """
    size = len(flan)
    places = (np.arange(size, dtype=np.float32) + 0.5) / size
    right = ((places - pose.across) / pose.radius)[None, :].astype(np.float32)
    up = ((pose.down - places) / pose.radius)[:, None].astype(np.float32)
    distance = np.hypot(right, up)
    rim = flan * _rim(flan, pose.radius * size)
    whole = _cross(right, up, distance, pose.angle_deg) if model == "cross" else _rings(distance)
    on_flan = {name: area * flan for name, area in whole.items()}
    visible = {name: float(on_flan[name].sum() / area.sum()) for name, area in whole.items()}
    inside = {name: area * (1 - rim) for name, area in on_flan.items()}
    return Parts(inside | {RIM_NAME: rim, BACKGROUND: 1 - flan}, visible | {RIM_NAME: 1.0, BACKGROUND: 1.0})


def marked_parts(flan: Floats, lies: Pose, marked: Mapping[str, Floats]) -> Parts:
    """Return the parts of one coin that somebody has marked, as far as they lie on the flan.

    Where both bars are marked and no cross, the cross is what they cover. Where a cross is marked and no
    `diagonal`, that is the cross turned by 45 degrees about the centre of the flan: so it holds as much area
    at the same distances.

    Args:
        flan: which share of each pixel is coin (S x S).
        lies: where the flan lies.
        marked: which share of each pixel belongs to each part, by name (S x S each).
    """
    whole = dict(marked)
    if CROSS not in whole and {HORIZONTAL, VERTICAL} <= {*whole}:
        whole[CROSS] = np.maximum(whole[HORIZONTAL], whole[VERTICAL])
    if CROSS in whole and DIAGONAL not in whole:
        whole[DIAGONAL] = _turned(whole[CROSS], lies)
    on_flan = {name: area * flan for name, area in whole.items()}
    areas = {name: area for name, area in on_flan.items() if area.any()}
    visible = {name: float(area.sum() / whole[name].sum()) for name, area in areas.items()}
    rim = flan * _rim(flan, lies.radius * len(flan))
    return Parts(areas | {RIM_NAME: rim, BACKGROUND: 1 - flan}, visible | {RIM_NAME: 1.0, BACKGROUND: 1.0})


def _turned(area: Floats, lies: Pose) -> Floats:
    """Return an area turned by 45 degrees about the centre of the flan (S x S)."""
    centre = len(area) * np.array([lies.down, lies.across]) - 0.5
    turn = np.array([[1, -1], [1, 1]]) * np.sqrt(0.5)
    turned: Floats = ndimage.affine_transform(area, turn, offset=centre - turn @ centre, order=1)
    return turned


def _rings(distance: Floats) -> dict[str, Floats]:
    ends = {"centre": (0.0, CENTRE), "field": (CENTRE, FIELD), "legend": (FIELD, LEGEND)}
    return {
        name: ((distance >= start) & (distance < end)).astype(np.float32)
        for name, (start, end) in ends.items()
    }


def _cross(right: Floats, up: Floats, distance: Floats, angle_deg: float) -> dict[str, Floats]:
    ring = (distance >= HUB) & (distance < ARM_END)

    def bars(turn_deg: float) -> tuple[Floats, Floats]:
        turn = np.deg2rad(turn_deg)
        along = right * np.cos(turn) + up * np.sin(turn)
        across = up * np.cos(turn) - right * np.sin(turn)
        return (
            (ring & (np.abs(across) < HALF_BAR)).astype(np.float32),
            (ring & (np.abs(along) < HALF_BAR)).astype(np.float32),
        )

    horizontal, vertical = bars(angle_deg)
    one, other = bars(angle_deg + 45)
    turn = np.deg2rad(angle_deg)
    along, across = right * np.cos(turn) + up * np.sin(turn), up * np.cos(turn) - right * np.sin(turn)
    found = {
        HORIZONTAL: horizontal,
        VERTICAL: vertical,
        # Where two bars meet outside of the hub, each area counts once.
        CROSS: np.maximum(horizontal, vertical),
        DIAGONAL: np.maximum(one, other),
    }
    for name, (side, height) in zip(CANTONS, _SIDES, strict=True):
        between = ring & (side * along > HALF_BAR) & (height * across > HALF_BAR)
        found[name] = between.astype(np.float32)
    return found


def _rim(flan: Floats, radius_px: float) -> Floats:
    """Return 1 on the outermost RIM of the flan, whatever its outline, and beyond it (S x S)."""
    depth = ndimage.distance_transform_edt(np.pad(flan > 0.5, 1))[1:-1, 1:-1]
    rim: Floats = (depth <= RIM * radius_px).astype(np.float32)
    return rim
