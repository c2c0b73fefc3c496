"""All decisions about one coin and its photograph, taken before anything is drawn."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from coin_xai.errors import OptionError
from coin_xai.mint.background import draw_tone
from coin_xai.mint.camera import Camera
from coin_xai.mint.chance import Purpose, stream
from coin_xai.mint.collections import COLLECTIONS, Collection, draw_background
from coin_xai.mint.die import Die, cut_die
from coin_xai.mint.flan import Flan, cast_flan
from coin_xai.mint.formula import CoinType, coin_types
from coin_xai.mint.issue import Issue
from coin_xai.mint.light import METAL_WEIGHTS, METALS, Light, Metal
from coin_xai.mint.surface import Surface


@dataclass(frozen=True)
class Shot:
    """One photograph: what lies under the coin, how it is framed, lit and taken.

    Args:
        collection: code of the collection.
        background: kind of background.
        background_tone: its lightness, linear grey of 0 to 1.
        light: the main lamp.
        camera: the camera's settings.
        shape: height and width of the frame in pixels.
        centre_px: the flan's centre, x and y from the upper left corner.
        radius_px: the flan's greatest radius.
    """

    collection: str
    background: str
    background_tone: float
    light: Light
    camera: Camera
    shape: tuple[int, int]
    centre_px: tuple[float, float]
    radius_px: float


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that fixes the picture of coin `number` of an issue with this seed."""

    seed: int
    number: int
    die: Die
    flan: Flan
    surface: Surface
    metal: Metal
    shot: Shot


@lru_cache(maxsize=4096)
def _die(seed: int, coin_type: CoinType, number: int) -> Die:
    return cut_die(seed, coin_type, number=number)


def _shoot(generator: np.random.Generator, collection: Collection, flan: Flan, *, size_px: int) -> Shot:
    """Draw how one photograph of a collection is taken."""
    background = draw_background(generator, collection)
    tone = draw_tone(generator, background)
    aspect = collection.aspects[int(generator.integers(len(collection.aspects)))]
    width = size_px if aspect >= 1 else round(size_px * aspect)
    height = size_px if aspect <= 1 else round(size_px / aspect)
    left, upper, right, lower = flan.bounds
    radius = float(generator.uniform(*collection.fill)) * min(
        width / (right - left), height / (lower - upper)
    )
    slack = 0.5 * (min(width, height) - radius * max(right - left, lower - upper))
    shift = (generator.normal(0, 0.35, 2).clip(-0.8, 0.8) * max(slack, 0)).tolist()
    usual, spread = collection.light_angle_deg
    light = Light(
        angle_deg=float(generator.normal(usual, spread)) % 360,
        elevation_deg=float(generator.uniform(*collection.elevation_deg)),
        softness=float(generator.uniform(*collection.softness)),
    )
    camera = Camera(
        blur_px=float(generator.uniform(*collection.blur_px)) * size_px / 320,
        noise=float(generator.uniform(*collection.noise)),
        exposure=float(generator.uniform(*collection.exposure)),
        contrast=float(generator.uniform(*collection.contrast)),
        warmth=float(generator.uniform(*collection.warmth)),
        monochrome=bool(generator.random() < collection.monochrome_share),
    )
    centre = (
        0.5 * (width - radius * (left + right)) + shift[0],
        0.5 * (height - radius * (upper + lower)) + shift[1],
    )
    return Shot(collection.code, background, tone, light, camera, (height, width), centre, radius)


def plan_coin(issue: Issue, number: int) -> Plan:
    """Decide everything about one coin; `number` counts from 1 and may lie beyond `issue.coins`.

    Raises:
        OptionError: `number` is below 1.
    """
    if number < 1:
        raise OptionError(f"number={number}: coins are numbered from 1")
    generator = stream(issue.seed, Purpose.COIN, number)
    type_index = int(generator.integers(issue.types))
    die_number = 1 + int(generator.integers(issue.dies_per_type))
    any_collection = int(generator.integers(issue.collections))
    confounded = bool(generator.random() < issue.confounding)
    metal = METALS[int(generator.choice(len(METALS), p=METAL_WEIGHTS))]
    surface = Surface(
        wear=float(generator.uniform(0, 1)) * (issue.wear_highest - issue.wear_lowest) + issue.wear_lowest,
        corrosion=float(generator.beta(1.2, 3.0)),
        pits=int(generator.poisson(9)),
        scratches=int(generator.poisson(4)),
    )
    collection = COLLECTIONS[type_index % issue.collections if confounded else any_collection]
    flan = cast_flan(issue.seed, number, rotation_spread_deg=issue.rotation_spread_deg)
    shooting = stream(issue.seed, Purpose.SHOT, number)
    return Plan(
        seed=issue.seed,
        number=number,
        die=_die(issue.seed, coin_types(issue.seed, issue.types)[type_index], die_number),
        flan=flan,
        surface=surface,
        metal=metal,
        shot=_shoot(shooting, collection, flan, size_px=issue.size_px),
    )
