"""Issues in which one thing is planted that decides the cluster of each coin: truths for claims.

Everything else is drawn as the mint always draws it. So a measure of a claim can be asked whether it finds
what is there, and whether it stays quiet where something else decides.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal, get_args

from coin_xai.mint.chance import Purpose, stream
from coin_xai.mint.coin import Coin, strike
from coin_xai.mint.collections import COLLECTIONS
from coin_xai.mint.die import Die, Stamp, cut_die
from coin_xai.mint.formula import CoinType
from coin_xai.mint.issue import Issue
from coin_xai.mint.plan import Plan, plan_coin

Planting = Literal[
    "cross",
    "horizontal bar",
    "vertical bar",
    "symbols",
    "axe",
    "bar and axe",
    "background",
    "wear",
    "chance",
    "richness",
    "twins",
]
PLANTINGS: tuple[Planting, ...] = get_args(Planting)

USUAL, THIN = 0.14, 0.08
"""Widths of bars in die radii."""
NOTHING = ("", "", "", "")
"""What stands in the cantons where the cross alone tells types apart."""
DIES = 4
SMALLER, NEARER, HIGHER = 0.7, 0.62, 1.4
"""Of symbols on arms beside those in cantons: they must fit a bar, and stand out from it."""
MUDDLED = 0.425
"""Of coins whose clusters chance mixes: as many as where wear does, which lies between 0 and .85."""


@dataclass(frozen=True)
class PlantedCoin:
    """A coin, and the cluster that the planting puts it into (from 0)."""

    coin: Coin
    cluster: int


def plant(planting: Planting, *, coins: int, seed: int, size_px: int = 192) -> Iterator[PlantedCoin]:
    """Draw an issue whose clusters rest on one thing.

    - `cross`: what stands on the arms of the cross, whatever stands in the cantons;
    - `horizontal bar`, `vertical bar`: what stands on the arms of one, of coins that bear nothing else;
    - `symbols`: what stands in the cantons;
    - `axe`: whether an axe stands in canton 3;
    - `bar and axe`: on which arm of the horizontal bar something stands, and an axe in canton 3 where it
      stands on neither or on both. Of twelve coins of a cluster seven are told by both, two by the bar
      against the axe, and three by the axe alone. So whoever tells all must go by the axe, but more by the
      bar;
    - `background`: the collection that took the photograph, of coins of one type;
    - `wear`: the type, but the more worn a coin is, the more often it lies in any cluster;
    - `chance`: likewise, whatever its wear;
    - `richness`: how many cantons hold something, whatever it is;
    - `twins`: the type, but the coins of two types are divided by their collection into two clusters each.
    """
    types, cluster_of = _RULES[planting]
    for number in range(1, coins + 1):
        plan = plan_coin(Issue(coins=coins, types=1, seed=seed, size_px=size_px, collections=2), number)
        place = number % len(types)
        die_number = 1 + (number // len(types)) % DIES
        die = cut_die(seed, types[place], number=die_number)
        if planting in ON_ARMS:
            arms = ON_ARMS[planting][place % len(ON_ARMS[planting])]
            die = replace(die, stamps=die.stamps + _on_arms(cut_die(seed, arms, number=die_number)))
        planned = replace(plan, die=die)
        yield PlantedCoin(strike(planned), cluster_of(planned, place))


def _on_arms(die: Die) -> tuple[Stamp, ...]:
    """Return the stamps of a die, smaller and turned by half a right angle, on to the arms of the cross."""
    return tuple(
        replace(
            stamp,
            canton=0,
            centre=((x - y) * NEARER, (x + y) * NEARER),
            radius=stamp.radius * SMALLER,
            inward=((a / SMALLER, b / SMALLER), (c / SMALLER, d / SMALLER)),
            height=stamp.height * HIGHER,
        )
        for stamp in die.stamps
        for (x, y), ((a, b), (c, d)) in [(stamp.centre, stamp.inward)]
    )


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


def _by_wear(plan: Plan, place: int) -> int:
    return _muddled(plan, place, plan.surface.wear)


def _by_chance(plan: Plan, place: int) -> int:
    return _muddled(plan, place, MUDDLED)


def _muddled(plan: Plan, place: int, share: float) -> int:
    generator = stream(plan.seed, Purpose.CLUSTER, plan.number)
    return int(generator.integers(len(TYPES_OF_SYMBOLS))) if generator.random() < share else place


def _by_arms(_plan: Plan, place: int) -> int:
    return place % len(_ARMS)


def _by_bar_and_axe(_plan: Plan, place: int) -> int:
    return 1 - place % 2


def _twins(plan: Plan, place: int) -> int:
    divided = place < DIVIDED and _by_collection(plan, place)
    return len(TYPES_OF_SYMBOLS) + place if divided else place


TYPES_OF_SYMBOLS = [
    _type(1, ("axe", "pellet", "crescent", "wheel")),
    _type(2, ("wheel", "crescent", "pellet", "flower")),
    _type(3, ("crescent", "volute", "wheel", "pellet")),
    _type(4, ("pellet", "axe", "annulet", "crescent")),
]
DIVIDED = 2
"""Types of twins: half of the pairs of each are split, a quarter of all."""
_ANY_FORMULA = [
    ("", "", "axe", ""),
    ("wheel", "", "", ""),
    ("", "crescent", "", "volute"),
    ("pellet", "", "axe", "wheel"),
    ("crescent", "flower", "axe", "pellet"),
    ("flower", "pellet", "annulet", "crescent"),
]
_ARMS = [
    _type(11, ("crescent", "wheel", "pellet", "annulet")),
    _type(12, ("wheel", "annulet", "crescent", "pellet")),
    _type(13, ("pellet", "crescent", "annulet", "wheel")),
    _type(14, ("annulet", "pellet", "wheel", "crescent")),
]
_WITH_AXE, _WITHOUT_AXE = (
    _type(1, ("annulet", "annulet", "axe", "annulet")),
    _type(2, ("annulet", "annulet", "", "annulet")),
)
_RIGHT_AND_LEFT = [
    _type(11, ("pellet", "wheel", "crescent", "pellet")),
    _type(12, ("pellet", "pellet", "annulet", "pellet")),
    _type(13, ("pellet", "crescent", "wheel", "pellet")),
]
_NEITHER, _RIGHT, _LEFT, _BOTH = (
    _type(10 + number, ("pellet", right, left, "pellet"))
    for number, (right, left) in enumerate(
        [("", ""), ("annulet", ""), ("", "annulet"), ("annulet", "annulet")]
    )
)
_WITH_AND_WITHOUT = [
    *[((_WITH_AXE, _RIGHT), (_WITHOUT_AXE, _LEFT))] * 7,
    *[((_WITHOUT_AXE, _RIGHT), (_WITH_AXE, _LEFT))] * 2,
    *[((_WITH_AXE, _NEITHER), (_WITHOUT_AXE, _NEITHER))] * 2,
    ((_WITH_AXE, _BOTH), (_WITHOUT_AXE, _BOTH)),
]
"""What stands in the cantons and on the arms of the coins of `bar and axe`: of one cluster, and of the other.

Without those that bear something on both arms, a network may go by one arm of them: then how much the bar
counts beside the axe is left to it.
"""
_UP_AND_DOWN = [
    _type(11, ("wheel", "pellet", "pellet", "crescent")),
    _type(12, ("pellet", "pellet", "pellet", "annulet")),
    _type(13, ("crescent", "pellet", "pellet", "wheel")),
]
_BARE = [_type(1 + number, NOTHING, THIN, THIN) for number in range(len(_RIGHT_AND_LEFT))]
ON_ARMS: dict[Planting, list[CoinType]] = {
    "cross": _ARMS,
    "horizontal bar": _RIGHT_AND_LEFT,
    "vertical bar": _UP_AND_DOWN,
    "bar and axe": [arms for pair in _WITH_AND_WITHOUT for _, arms in pair],
}
"""What stands on the arms of the cross, as cantons that are turned by half a right angle clockwise."""
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
            _type(1 + number, cantons, THIN, THIN)
            for number, (cantons, _) in enumerate(product(_ANY_FORMULA, _ARMS))
        ],
        _by_arms,
    ),
    "horizontal bar": (_BARE, _by_type),
    "vertical bar": (_BARE, _by_type),
    "symbols": (TYPES_OF_SYMBOLS, _by_type),
    "axe": ([_WITH_AXE, _WITHOUT_AXE], _by_type),
    "bar and axe": ([cantons for pair in _WITH_AND_WITHOUT for cantons, _ in pair], _by_bar_and_axe),
    "background": ([_type(1, NOTHING)], _by_collection),
    "wear": (TYPES_OF_SYMBOLS, _by_wear),
    "chance": (TYPES_OF_SYMBOLS, _by_chance),
    "richness": (_RICH, _by_symbols),
    "twins": (TYPES_OF_SYMBOLS, _twins),
}
