"""Claim 6: a symbol in one canton is salient, but less so than the horizontal bar."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from coin_xai.claims.cross import MARGIN
from coin_xai.claims.evidence import Evidence, Floats
from coin_xai.claims.measurements import NETWORK, TRANSPLANTED
from coin_xai.claims.parts import CANTONS, HORIZONTAL
from coin_xai.claims.resampling import Estimate, interval_of_means, normal_interval
from coin_xai.claims.verdict import Finding, Series, judge

NAMED = ("canton_1", "canton_2", "canton_3", "canton_4")
"""Columns of the table of coins that name what stands in each canton; several words are separated by `|`."""
CANTON = 3
SHARE = (0.1, 0.9)
"""Of the coins that bear a symbol: with fewer or more there is nothing to compare them with."""


def words_of(coins: pd.DataFrame, column: str) -> list[set[str]]:
    """Return the words that a column of a canton names, of each coin."""
    cells = coins[column].fillna("").astype(str)
    return [{word.strip().lower() for word in cell.split("|") if word.strip()} for cell in cells]


def described(coins: pd.DataFrame) -> np.ndarray:
    """Return which coins somebody has described: one without a word in any canton is unknown, not bare."""
    given = [name for name in NAMED if name in coins]
    filled = coins[given].fillna("").astype(str).apply(lambda column: column.str.strip() != "")
    found: np.ndarray = filled.any(axis=1).to_numpy()
    return found if len(given) > 1 else np.ones(len(coins), dtype=bool)


def symbol_is_salient(evidence: Evidence, symbol: str | None = None) -> Finding | str:
    """Ask what hiding a canton costs where it bears a symbol, more than where it bears none.

    Both are taken less what hiding the other cantons of the same coin costs, so that neither the light from
    one side nor a coin that loses by any change counts.

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
    chosen = symbol.strip().lower() if symbol else next((word for word, _ in counts.most_common(1)), None)
    bears, known = np.array([chosen in found for found in words]), described(evidence.coins)
    share = bears[known].mean() if known.any() else 0.0
    if not SHARE[0] <= share <= SHARE[1]:
        return f"{share:.0%} of the coins bear {chosen or 'a symbol'} in canton {CANTON}"
    here, others = CANTONS[CANTON - 1], [name for name in CANTONS if name != CANTONS[CANTON - 1]]
    found = evidence.cost(here, others)
    effect = _excess(evidence, found.values, bears, known)
    beyond = {name: _excess(evidence, rest, bears, known) for name, rest in found.less.items()}
    bar = evidence.mean(
        [np.where(bears, values, np.nan) for values in evidence.cost(HORIZONTAL, [here]).values]
    )
    swapped = _transplants(evidence, bears, known)
    also = {"what hiding the horizontal bar costs more than hiding the symbol": bar.value}
    if swapped.coins:
        also["what a canton without the symbol costs more than another with it"] = swapped.value
    verdict, reason = judge(
        effect,
        MARGIN,
        beyond,
        {
            "it is salient, but not surely less than the horizontal bar": bar.low > 0,
            "a canton without it surely costs less than another one with it": not (swapped.high < 0),
        },
    )
    if judge(effect, MARGIN, beyond, {})[0] == "supported" and bar.high < 0:
        verdict, reason = "refuted", "it is salient, and surely more so than the horizontal bar"
    elif verdict == "no relevant effect" and swapped.low > MARGIN:
        # Coins without it may bear something else there, which counts as much when it is hidden.
        verdict = "cannot be decided"
        reason = (
            "hiding it costs no more than hiding what other coins bear there, but a canton without it costs "
            "surely more than another one with it"
        )
    return Finding(
        number=6,
        claim=f"The {chosen} in canton {CANTON} is salient, but less so than the horizontal bar.",
        measure=f"what hiding canton {CANTON} costs of the lead beyond other cantons, with it less without",
        effect=effect,
        margin=MARGIN,
        beyond=beyond,
        verdict=verdict,
        reason=reason,
        also=also,
        deciding=evidence.first(np.where(bears, found.values[0], np.nan)),
        controls={
            name: _excess(evidence, values, bears, known) for name, values in found.of_controls.items()
        },
        hides=here,
        series=Series(
            "share of the lead that hiding each of these costs, or giving that of another coin",
            _of_parts(evidence, bears, known),
        ),
    )


def _transplants(evidence: Evidence, bears: np.ndarray, known: np.ndarray) -> Estimate:
    """Return what a canton without the symbol costs coins that bear it, more than the same of another coin.

    Chance drew whose canton a coin was given, so that both kinds differ in nothing but the symbol. Of the
    first run; runs drew differently.
    """
    donor = evidence.donors(0)
    given = (donor >= 0) & known[donor] & known & bears
    lost = np.where(given, evidence.lost(0, NETWORK, TRANSPLANTED), np.nan)
    return interval_of_means([lost], evidence.collection, less=given & bears[donor])


def _of_parts(evidence: Evidence, bears: np.ndarray, known: np.ndarray) -> dict[str, Estimate]:
    """Return what hiding parts costs coins that bear the symbol, and the same canton where they do not."""
    lost = {part: evidence.lost(0, NETWORK, part) for part in (*CANTONS, HORIZONTAL)}
    here = CANTONS[CANTON - 1]
    rows = {
        f"{here} with it": normal_interval(lost[here][bears]),
        f"{here} without it": normal_interval(lost[here][known & ~bears]),
    }
    donor = evidence.donors(0)
    given = bears & (donor >= 0) & known[donor]
    if given.any():
        swapped = evidence.lost(0, NETWORK, TRANSPLANTED)
        rows[f"{here} of another coin with it"] = normal_interval(swapped[given & bears[donor]])
        rows[f"{here} of another coin without it"] = normal_interval(swapped[given & ~bears[donor]])
    for part, values in lost.items():
        if part != here:
            rows[f"{part}, coins with it"] = normal_interval(values[bears])
    return rows


def _excess(evidence: Evidence, values: Sequence[Floats], bears: np.ndarray, known: np.ndarray) -> Estimate:
    """Return the mean of coins that bear the symbol less that of the others, of those that are known."""
    values = [np.where(known, one, np.nan) for one in values]
    return interval_of_means(values, evidence.collection, less=~bears)
