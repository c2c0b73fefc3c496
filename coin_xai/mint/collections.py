"""Collections and their photographic habits: what a network may learn instead of coins."""

from dataclasses import dataclass

import numpy as np

Range = tuple[float, float]


@dataclass(frozen=True)
class Collection:
    """The habits of one invented museum. Ranges are drawn from evenly.

    Args:
        code: the collection's part of a coin_id.
        backgrounds: kinds of background and how often each is used.
        light_angle_deg: usual side of the lamp and its spread (standard deviation).
        elevation_deg: height of the lamp.
        softness: size of the lamp, 0 spot to 1 soft box.
        fill: share of the frame's shorter side that the coin takes.
        aspects: width over height of the frames in use.
        blur_px: lens blur for photographs of 320 pixels.
        noise: sensor noise in shares of full white.
        exposure: factor on the light.
        contrast: steepness of the tone curve.
        warmth: colour cast, -1 bluish to 1 yellowish.
        monochrome_share: share of photographs without colour.
    """

    code: str
    backgrounds: dict[str, float]
    light_angle_deg: tuple[float, float]
    elevation_deg: Range
    softness: Range
    fill: Range
    aspects: tuple[float, ...]
    blur_px: Range
    noise: Range
    exposure: Range
    contrast: Range
    warmth: Range
    monochrome_share: float


COLLECTIONS = (
    # A national cabinet with a copy stand: white paper, soft light from the upper left, tight frames.
    Collection(
        code="MA",
        backgrounds={"white paper": 0.9, "grey gradient": 0.1},
        light_angle_deg=(130.0, 10.0),
        elevation_deg=(38.0, 52.0),
        softness=(0.5, 0.9),
        fill=(0.86, 0.95),
        aspects=(1.0, 1.0, 1.02, 0.97),
        blur_px=(0.5, 0.8),
        noise=(0.004, 0.010),
        exposure=(0.95, 1.2),
        contrast=(1.1, 1.5),
        warmth=(-0.2, 0.4),
        monochrome_share=0.1,
    ),
    # A regional museum with a hard lamp on velvet.
    Collection(
        code="MB",
        backgrounds={"black velvet": 0.8, "grey gradient": 0.2},
        light_angle_deg=(85.0, 16.0),
        elevation_deg=(28.0, 44.0),
        softness=(0.1, 0.5),
        fill=(0.76, 0.92),
        aspects=(1.0, 1.12, 1.2),
        blur_px=(0.5, 0.9),
        noise=(0.006, 0.015),
        exposure=(1.0, 1.4),
        contrast=(1.2, 1.7),
        warmth=(-0.5, 0.5),
        monochrome_share=0.35,
    ),
    # A hoard on the excavators' tables: window light on wood, cloth or stone.
    Collection(
        code="MC",
        backgrounds={"wood": 0.3, "cloth": 0.35, "stone": 0.35},
        light_angle_deg=(165.0, 35.0),
        elevation_deg=(32.0, 58.0),
        softness=(0.5, 1.0),
        fill=(0.70, 0.88),
        aspects=(1.0, 0.85, 1.25, 1.33),
        blur_px=(0.7, 1.3),
        noise=(0.012, 0.028),
        exposure=(0.85, 1.2),
        contrast=(0.9, 1.3),
        warmth=(0.2, 1.0),
        monochrome_share=0.0,
    ),
    # A dealer's archive: grey studio gradient, light from the upper right, crisp.
    Collection(
        code="MD",
        backgrounds={"grey gradient": 0.75, "white paper": 0.15, "black velvet": 0.1},
        light_angle_deg=(50.0, 12.0),
        elevation_deg=(32.0, 48.0),
        softness=(0.3, 0.7),
        fill=(0.80, 0.94),
        aspects=(1.0, 1.0, 1.08),
        blur_px=(0.45, 0.65),
        noise=(0.004, 0.012),
        exposure=(0.95, 1.3),
        contrast=(1.2, 1.6),
        warmth=(-0.3, 0.3),
        monochrome_share=0.05,
    ),
)


def draw_background(generator: np.random.Generator, collection: Collection) -> str:
    """Draw the kind of background for one photograph of a collection."""
    shares = np.array(list(collection.backgrounds.values()))
    return str(generator.choice(list(collection.backgrounds), p=shares / shares.sum()))
