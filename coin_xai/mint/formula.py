"""Types: what distinguishes one issue of coins from another, whatever die, flan or photographer."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from coin_xai.errors import OptionError
from coin_xai.mint.chance import Purpose, stream
from coin_xai.mint.symbols import SYMBOLS

# The published series knows a few hundred varieties; beyond a thousand, too many differ by one pellet only.
MAXIMUM_TYPES = 1000

BORDERS = ("beaded", "line", "none")
_BORDER_WEIGHTS = (0.45, 0.35, 0.2)
_EMPTY_SHARE = 0.25  # so that types of one to four symbols all occur: richness is one of the things measured
_AXE_SHARE = 0.45  # of the third cantons, where the axe of the series stands


@dataclass(frozen=True)
class CoinType:
    """One type.

    Args:
        name: `T01`, `T02` ...
        cantons: what stands in cantons 1 upper left, 2 upper right, 3 lower left, 4 lower right; "" is empty.
        bar_width_horizontal: width of the horizontal bar of the cross in die radii.
        bar_width_vertical: the same for the vertical bar.
        border: one of BORDERS.
    """

    name: str
    cantons: tuple[str, str, str, str]
    bar_width_horizontal: float
    bar_width_vertical: float
    border: str


def _word(generator: np.random.Generator, canton: int) -> str:
    """Draw what stands in one canton (1 to 4)."""
    empty, favourite = generator.random(2)
    any_symbol = int(generator.integers(len(SYMBOLS)))
    if canton == 3 and favourite < _AXE_SHARE:
        return "axe"
    return "" if empty < _EMPTY_SHARE else list(SYMBOLS)[any_symbol]


@lru_cache(maxsize=8)
def coin_types(seed: int, count: int) -> tuple[CoinType, ...]:
    """Return `count` types with different canton formulas; fewer are always the beginning of more.

    Raises:
        OptionError: `count` is below 1 or above MAXIMUM_TYPES.
    """
    if not 1 <= count <= MAXIMUM_TYPES:
        raise OptionError(f"types={count}: choose a number of types from 1 to {MAXIMUM_TYPES}")
    generator = stream(seed, Purpose.TYPES)
    known: dict[tuple[str, str, str, str], CoinType] = {}
    while len(known) < count:
        first, second, third, fourth = (_word(generator, canton) for canton in (1, 2, 3, 4))
        cantons = (first, second, third, fourth)
        widths = generator.uniform(0.09, 0.19, 2)
        border = str(generator.choice(BORDERS, p=_BORDER_WEIGHTS))
        if any(cantons) and cantons not in known:
            name = f"T{len(known) + 1:02d}"
            known[cantons] = CoinType(name, cantons, float(widths[0]), float(widths[1]), border)
    return tuple(known.values())
