"""Issues in which one thing is planted that decides the cluster of each coin: truths for claims.

Everything else is drawn as the mint always draws it. So a measure of a claim can be asked whether it finds
what is there, and whether it stays quiet where something else decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, get_args

from coin_xai.mint.coin import Coin, strike
from coin_xai.mint.collections import COLLECTIONS
from coin_xai.mint.die import cut_die
from coin_xai.mint.formula import CoinType
from coin_xai.mint.issue import Issue
from coin_xai.mint.plan import Plan, plan_coin

Planting = Literal[
    "cross", "horizontal bar", "vertical bar", "symbols", "axe", "background", "richness", "twins"
]
PLANTINGS: tuple[Planting, ...] = get_args(Planting)

USUAL, THIN, THICK = 0.14, 0.08, 0.22
"""Widths of bars in die radii."""
NOTHING = ("", "", "", "")
"""What stands in the cantons where the cross alone tells types apart."""
DIES = 4


@dataclass(frozen=True)
class PlantedCoin:
    """A coin, and the cluster that the planting puts it into (from 0)."""

    coin: Coin
    cluster: int


def plant(planting: Planting, *, coins: int, seed: int, size_px: int = 192) -> Iterator[PlantedCoin]:
    """Draw an issue whose clusters rest on one thing.

    `cross`: the widths of both bars; `horizontal bar`, `vertical bar`: of one; `symbols`: what stands in the
    cantons; `axe`: whether an axe stands in canton 3; `background`: the collection that took the photograph,
    of coins of one type; `richness`: how many cantons hold something, whatever it is; `twins`: the type, but
    the coins of one type are divided by their collection into two clusters.
    """
    types, cluster_of = _RULES[planting]
    for number in range(1, coins + 1):
        plan = plan_coin(Issue(coins=coins, types=1, seed=seed, size_px=size_px, collections=2), number)
        chosen = types[number % len(types)]
        die = cut_die(seed, chosen, number=1 + (number // len(types)) % DIES)
        planned = replace(plan, die=die)
        yield PlantedCoin(strike(planned), cluster_of(planned, number % len(types)))


def _type(
    number: int, cantons: tuple[str, str, str, str], across: float = USUAL, down: float = USUAL
) -> CoinType:
    return CoinType(f"T{number:02d}", cantons, across, down, "line")


def _by_type(_plan: Plan, place: int) -> int:
    return place


def _by_collection(plan: Plan, _place: int) -> int:
    return [one.code for one in COLLECTIONS].index(plan.shot.collection)


def _by_symbols(plan: Plan, _place: int) -> int:
    return min(len(plan.die.stamps), 4) - 1


def _twins(plan: Plan, place: int) -> int:
    return len(TYPES_OF_SYMBOLS) if place == 0 and _by_collection(plan, place) else place


TYPES_OF_SYMBOLS = [
    _type(1, ("axe", "pellet", "crescent", "wheel")),
    _type(2, ("wheel", "crescent", "pellet", "flower")),
    _type(3, ("crescent", "volute", "wheel", "pellet")),
    _type(4, ("pellet", "axe", "annulet", "crescent")),
]
_RICH = [
    _type(1, ("pellet", "", "", "")),
    _type(2, ("", "", "", "wheel")),
    _type(3, ("pellet", "", "crescent", "")),
    _type(4, ("", "flower", "", "axe")),
    _type(5, ("wheel", "axe", "pellet", "")),
    _type(6, ("", "crescent", "volute", "flower")),
    _type(7, ("axe", "pellet", "crescent", "wheel")),
    _type(8, ("flower", "volute", "axe", "pellet")),
]
_RULES: dict[Planting, tuple[list[CoinType], Callable[[Plan, int], int]]] = {
    "cross": (
        [
            _type(1, NOTHING, THIN, THIN),
            _type(2, NOTHING, THICK, THICK),
            _type(3, NOTHING, THIN, THICK),
            _type(4, NOTHING, THICK, THIN),
        ],
        _by_type,
    ),
    "horizontal bar": (
        [_type(1, NOTHING, THIN), _type(2, NOTHING, USUAL), _type(3, NOTHING, THICK)],
        _by_type,
    ),
    "vertical bar": (
        [_type(1, NOTHING, USUAL, THIN), _type(2, NOTHING, USUAL, USUAL), _type(3, NOTHING, USUAL, THICK)],
        _by_type,
    ),
    "symbols": (TYPES_OF_SYMBOLS, _by_type),
    "axe": (
        [_type(1, ("annulet", "annulet", "axe", "annulet")), _type(2, ("annulet", "annulet", "", "annulet"))],
        _by_type,
    ),
    "background": ([_type(1, NOTHING)], _by_collection),
    "richness": (_RICH, _by_symbols),
    "twins": (TYPES_OF_SYMBOLS, _twins),
}
