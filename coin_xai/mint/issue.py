"""The options of one run of the mint, with their bounds and the reasons for their defaults."""

from dataclasses import dataclass

from coin_xai.errors import OptionError
from coin_xai.mint.collections import COLLECTIONS
from coin_xai.mint.formula import MAXIMUM_TYPES


def _check(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise OptionError(f"{name}={value}: choose a value from {low} to {high}")


@dataclass(frozen=True, kw_only=True)
class Issue:
    """Which coins to draw.

    Args:
        coins: how many. The default suffices for twenty coins a type, as a good hoard has.
        types: how many distinct types, 1 to 1000, all equally likely.
        seed: everything follows from it, 0 or above.
        size_px: longer side of the photographs, 96 to 1024. 320 leaves room to crop 224 for a network.
        collections: how many of the invented museums took photographs, 1 to 4.
        dies_per_type: how many dies each type was struck from, 1 to 99. Six is usual for a small issue.
        wear_lowest: wear of the best coins, 0 as struck.
        wear_highest: wear of the worst, 1 nearly flat. At 0.85 a specialist can mostly still name the type.
        rotation_spread_deg: standard deviation of the angle between cross and picture, 0 to 180. Museums turn
            their coins upright by eye, which leaves a few degrees.
        confounding: share of coins, 0 to 1, whose collection follows from their type. At 0 background and
            light say nothing about the type; at 1 much of it can be told without looking at the coin.
    """

    coins: int = 400
    types: int = 20
    seed: int = 0
    size_px: int = 320
    collections: int = 3
    dies_per_type: int = 6
    wear_lowest: float = 0.0
    wear_highest: float = 0.85
    rotation_spread_deg: float = 3.5
    confounding: float = 0.0

    def __post_init__(self) -> None:
        _check("coins", self.coins, 1, 1_000_000)
        _check("types", self.types, 1, MAXIMUM_TYPES)
        _check("seed", self.seed, 0, 2**63 - 1)
        _check("size_px", self.size_px, 96, 1024)
        _check("collections", self.collections, 1, len(COLLECTIONS))
        _check("dies_per_type", self.dies_per_type, 1, 99)
        _check("wear_lowest", self.wear_lowest, 0, 1)
        _check("wear_highest", self.wear_highest, self.wear_lowest, 1)
        _check("rotation_spread_deg", self.rotation_spread_deg, 0, 180)
        _check("confounding", self.confounding, 0, 1)
