"""Claim 6: a symbol in one canton is salient, but less so than the horizontal bar."""

from collections import Counter

import numpy as np
import pandas as pd

from coin_xai.claims.cross import MARGIN
from coin_xai.claims.evidence import Evidence, Floats
from coin_xai.claims.measurements import CONTROLS, HEAT, NETWORK, Source
from coin_xai.claims.parts import CANTONS, HORIZONTAL
from coin_xai.claims.resampling import Estimate, interval_of_means
from coin_xai.claims.verdict import Finding, judge

NAMED = ("canton_1", "canton_2", "canton_3", "canton_4")
"""Columns of the table of coins that name what stands in each canton; several words are separated by `|`."""
CANTON = 3
SHARE = (0.1, 0.9)
"""Of the coins that bear a symbol: with fewer or more there is nothing to compare them with."""


def words_of(coins: pd.DataFrame, column: str) -> list[set[str]]:
    """Return the words that a column of a canton names, of each coin."""
    cells = coins[column].fillna("").astype(str)
    return [{word.strip().lower() for word in cell.split("|") if word.strip()} for cell in cells]


def symbol_is_salient(evidence: Evidence, symbol: str | None = None) -> Finding | str:
    """Compare the heat on a canton that bears a symbol with that on the same canton of coins without it.

    Both are taken less the heat on the other cantons of the same coin, so that neither the light from one
    side nor a coin that is hot all over counts.

    Args:
        evidence: with columns that name what stands in the cantons.
        symbol: the word; without it the one that is most frequent in canton 3.

    Returns:
        The finding, or what is lacking to find anything.
    """
    column = NAMED[CANTON - 1]
    if column not in evidence.coins:
        return f"the table of coins has no column {column}, which would name what stands there"
    words = words_of(evidence.coins, column)
    counts = Counter(word for found in words for word in found)
    chosen = symbol or next((word for word, _ in counts.most_common(1)), None)
    bears = np.array([chosen in found for found in words])
    if not SHARE[0] <= bears.mean() <= SHARE[1]:
        return f"{bears.mean():.0%} of the coins bear {chosen or 'a symbol'} in canton {CANTON}"
    own = _difference(evidence, NETWORK)
    effect = _excess(evidence, own, bears)
    beyond: dict[str, Estimate] = {
        control: _excess(evidence, own - _difference(evidence, control), bears) for control in CONTROLS
    }
    bar = evidence.mean(
        [
            np.where(
                bears,
                evidence.difference(number, NETWORK, f"{HEAT} {HORIZONTAL}", f"{HEAT} {CANTONS[CANTON - 1]}"),
                np.nan,
            )
            for number in range(len(evidence.runs))
        ]
    )
    verdict, reason = judge(
        effect, MARGIN, beyond, {"it is salient, but not surely less than the horizontal bar": bar.low > 0}
    )
    return Finding(
        number=6,
        claim=f"The {chosen} in canton {CANTON} is salient, but less so than the horizontal bar.",
        measure=f"ln of the density of heat on canton {CANTON} over the others, with the symbol less without",
        effect=effect,
        margin=MARGIN,
        beyond=beyond,
        verdict=verdict,
        reason=reason,
        also={"ln of the density of heat on the horizontal bar over that on the symbol": bar.value},
        deciding=evidence.first(np.where(bears, own, np.nan)),
    )


def _difference(evidence: Evidence, source: Source) -> Floats:
    """Return ln density on the canton less the mean of the others, mean over runs (N)."""
    values = []
    for number in range(len(evidence.runs)):
        heat = [evidence.of(number, source, f"{HEAT} {name}") for name in CANTONS]
        others = np.mean([one for place, one in enumerate(heat) if place != CANTON - 1], axis=0)
        values.append(heat[CANTON - 1] - others)
    mean: Floats = np.mean(values, axis=0)
    return mean


def _excess(evidence: Evidence, values: Floats, bears: np.ndarray) -> Estimate:
    """Return the mean of coins that bear the symbol less that of the others."""
    return interval_of_means([values], evidence.collection, less=~bears)
