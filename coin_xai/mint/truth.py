"""What is known about a drawn coin: one row of the table of truths."""

from dataclasses import asdict, dataclass
from functools import lru_cache

import numpy as np

from coin_xai.mint.die import regions
from coin_xai.mint.noise import Field
from coin_xai.mint.plan import Plan

_GRID = 112  # points across the die: shares of a symbol are right to about two hundredths


@dataclass(frozen=True)
class Truth:
    """One coin's truths, flat: every field is a column, none is ever missing.

    Args:
        coin_id: collection, inventory number, side, such as `MC_0001_R`.
        file: name of the photograph.
        type: name of the type; `die` that of the die.
        canton_1: word for what stands upper left, "" for nothing; 2 upper right, 3 lower left, 4 lower right.
        symbols: number of cantons that hold something, 1 to 4.
        border: beaded, line or none.
        bar_width_horizontal: in die radii, in the middle of an arm; so is `bar_width_vertical`.
        centre_x: centre of the cross in frame widths from the left; `centre_y` in frame heights from the top.
        rotation_deg: how far the cross is turned from upright, counter-clockwise as seen.
        die_radius: in shares of the frame's longer side; so is `flan_radius`, the greatest.
        wear: 0 as struck to 1 nearly flat; `corrosion` 0 to 1; `pits` and `scratches` are counts.
        metal: silver bright, silver grey, silver dark, billon, bronze.
        collection: its code; `background` its kind, `background_tone` its lightness, 0 to 1.
        light_angle_deg: where the lamp stands, 0 right, 90 above, counter-clockwise; `light_elevation_deg`
            its height over the coin, `light_softness` its size, 0 to 1.
        blur_px: standard deviation of the lens blur; `noise` that of the sensor in shares of white.
        exposure: factor on the light; `contrast` of the tone curve; `warmth` of the colour, -1 to 1.
        monochrome: True for a photograph without colour.
        width_px: of the frame; so is `height_px`.
        completeness: share of the whole design, cross and symbols, that lies on the flan.
        bar_horizontal_visible: share of the bar that lies on the flan; so is `bar_vertical_visible`.
        canton_1_visible: share of the quarter that lies on the flan, whether it holds something or not.
        symbol_1_visible: share of its symbol that lies on the flan, 0 where there is none.
    """

    coin_id: str
    file: str
    type: str
    die: str
    canton_1: str
    canton_2: str
    canton_3: str
    canton_4: str
    symbols: int
    border: str
    bar_width_horizontal: float
    bar_width_vertical: float
    centre_x: float
    centre_y: float
    rotation_deg: float
    die_radius: float
    flan_radius: float
    wear: float
    corrosion: float
    pits: int
    scratches: int
    metal: str
    collection: str
    background: str
    background_tone: float
    light_angle_deg: float
    light_elevation_deg: float
    light_softness: float
    blur_px: float
    noise: float
    exposure: float
    contrast: float
    warmth: float
    monochrome: bool
    width_px: int
    height_px: int
    completeness: float
    bar_horizontal_visible: float
    bar_vertical_visible: float
    canton_1_visible: float
    canton_2_visible: float
    canton_3_visible: float
    canton_4_visible: float
    symbol_1_visible: float
    symbol_2_visible: float
    symbol_3_visible: float
    symbol_4_visible: float

    def row(self) -> dict[str, str | int | float | bool]:
        """Return the columns in their order."""
        return asdict(self)


@lru_cache(maxsize=1)
def _grid() -> tuple[Field, Field]:
    line = np.linspace(-1, 1, _GRID, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return x, y


def _visible(plan: Plan) -> dict[str, float]:
    """Return the share of every part of the design that lies on the flan, in `completeness` that of all."""
    x, y = _grid()
    on_flan = plan.flan.depth(*plan.flan.from_die(x, y)) > 0
    design = np.zeros(x.shape, dtype=bool)
    shares: dict[str, float] = {}
    for name, part in regions(plan.die, x, y).items():
        shares[f"{name}_visible"] = int(np.count_nonzero(part & on_flan)) / max(
            int(np.count_nonzero(part)), 1
        )
        if not name.startswith("canton"):
            design |= part
    shares["completeness"] = int(np.count_nonzero(design & on_flan)) / int(np.count_nonzero(design))
    return shares


def tell(plan: Plan) -> Truth:
    """Return the truths of a planned coin; no pixel is needed for them."""
    shot, flan, surface, coin_type = plan.shot, plan.flan, plan.surface, plan.die.coin_type
    coin_id = f"{shot.collection}_{plan.number:04d}_R"
    height, width = shot.shape
    return Truth(
        coin_id=coin_id,
        file=f"{coin_id}.jpg",
        type=coin_type.name,
        die=plan.die.name,
        canton_1=coin_type.cantons[0],
        canton_2=coin_type.cantons[1],
        canton_3=coin_type.cantons[2],
        canton_4=coin_type.cantons[3],
        symbols=len(plan.die.stamps),
        border=coin_type.border,
        bar_width_horizontal=coin_type.bar_width_horizontal,
        bar_width_vertical=coin_type.bar_width_vertical,
        centre_x=(shot.centre_px[0] + flan.die_offset[0] * shot.radius_px) / width,
        centre_y=(shot.centre_px[1] + flan.die_offset[1] * shot.radius_px) / height,
        rotation_deg=flan.rotation_deg,
        die_radius=shot.radius_px * flan.die_ratio / max(shot.shape),
        flan_radius=shot.radius_px / max(shot.shape),
        wear=surface.wear,
        corrosion=surface.corrosion,
        pits=surface.pits,
        scratches=surface.scratches,
        metal=plan.metal.name,
        collection=shot.collection,
        background=shot.background,
        background_tone=shot.background_tone,
        light_angle_deg=shot.light.angle_deg,
        light_elevation_deg=shot.light.elevation_deg,
        light_softness=shot.light.softness,
        blur_px=shot.camera.blur_px,
        noise=shot.camera.noise,
        exposure=shot.camera.exposure,
        contrast=shot.camera.contrast,
        warmth=shot.camera.warmth,
        monochrome=shot.camera.monochrome,
        width_px=width,
        height_px=height,
        **_visible(plan),
    )
