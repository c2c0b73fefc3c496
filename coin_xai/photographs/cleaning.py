"""The list of photographs that somebody should look at before trusting a partition."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from coin_xai.photographs.near_duplicates import Pair
from coin_xai.photographs.quality import MEASURES

FAR_AWAY = 3.5
"""Modified z-scores from which a value is an outlier (Iglewicz and Hoaglin 1993)."""

WORTH_A_LOOK = {"sharpness": 0.05, "lightness": 15.0, "saturation": 1.0, "framing": 0.2, "background": 15.0}
"""Smaller differences do no harm, however unusual they are in a uniform collection."""

NORMAL = 0.6745
"""Median absolute deviation of a normal distribution in standard deviations."""

REASONS = {
    "sharpness": ("blurred", None),
    "lightness": ("very dark", "very light"),
    "saturation": (None, None),
    "framing": ("small in its frame", "fills its frame"),
    "background": ("unusually dark background", "unusually light background"),
}
"""What a value far below and far above the usual one means; None where it does no harm."""

NO_COIN = "no coin stands out from the background"
NEARLY_THE_SAME = "nearly the same photograph as another"
OF_ONE_SHAPE = "its cluster is one of photographs of this shape, not of coins of one kind"
NOTE = "photograph_note"
SAME_SHAPE = 0.05
"""Photographs are of one shape whose width over height differs by less, in shares."""
MOST_HERE, FEW_ELSEWHERE = 0.8, 0.05
"""So many of a cluster's photographs are of one shape, and so few others: a format made the cluster."""

COLUMNS = ("coin_id", "path", "reason", "measure", "value", "usual", "other_coin_id", "other_cluster")


def cleaning_list(coins: pd.DataFrame, pairs: Sequence[Pair]) -> pd.DataFrame:
    """Return the doubtful photographs, one row a coin and reason, worst first within a reason.

    Args:
        coins: one row a coin: coin_id, path, cluster, width and height of its photograph, the measures of
            quality, and photograph_note, which says what was doubtful when the photograph was read (several
            doubts with `; ` between, or null).
        pairs: rows of `coins` that are nearly the same.

    Returns:
        The columns COLUMNS; `usual` is the median of all coins, `other_coin_id` and `other_cluster` belong
        to the other photograph of a pair, whose `value` is their correlation.
    """
    rows = [*_formats(coins), *(row for measure in MEASURES for row in _outliers(coins, measure))]
    for at in np.flatnonzero(coins[NOTE].notna()):
        rows += [_row(coins, int(at), doubt, NOTE) for doubt in coins[NOTE].iloc[at].split("; ")]
    for at in np.flatnonzero(coins["framing"].isna()):
        rows.append(_row(coins, int(at), NO_COIN, "framing"))
    for pair in pairs:
        other = {
            "other_coin_id": coins["coin_id"].iloc[pair.second],
            "other_cluster": int(coins["cluster"].iloc[pair.second]),
        }
        rows.append(
            _row(coins, pair.first, NEARLY_THE_SAME, "correlation", round(pair.correlation, 4)) | other
        )
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({"other_cluster": "Int64", "value": float, "usual": float})


def _formats(coins: pd.DataFrame) -> Iterator[dict[str, object]]:
    """Yield the coins of clusters that a format of photographs made, such as both sides in one frame."""
    shape = (coins["width"] / coins["height"]).to_numpy(dtype=np.float64)
    cluster = coins["cluster"].to_numpy()
    for one in np.unique(cluster):
        here = cluster == one
        usual = np.median(shape[here])
        alike = np.abs(np.log(shape / usual)) < SAME_SHAPE
        if not here.all() and alike[here].mean() >= MOST_HERE and alike[~here].mean() <= FEW_ELSEWHERE:
            elsewhere = {"usual": round(float(np.median(shape[~here])), 4)}
            for at in np.flatnonzero(here & alike):
                value = round(float(shape[at]), 4)
                yield _row(coins, int(at), OF_ONE_SHAPE, "shape", value) | elsewhere


def _outliers(coins: pd.DataFrame, measure: str) -> list[dict[str, object]]:
    values = coins[measure].to_numpy(dtype=np.float64)
    usual = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    deviation = float(np.nanmedian(np.abs(values - usual))) if np.isfinite(values).any() else 0.0
    if deviation <= 0:
        return []
    score = NORMAL * (values - usual) / deviation
    great = np.abs(values - usual) >= WORTH_A_LOOK[measure]
    found = []
    for reason, sign in zip(REASONS[measure], (-1, 1), strict=True):
        if reason is None:
            continue
        far = np.flatnonzero((sign * score > FAR_AWAY) & great)
        for at in far[np.argsort(-sign * score[far], kind="stable")]:
            found.append(
                _row(coins, int(at), reason, measure, round(float(values[at]), 4))
                | {"usual": round(usual, 4)}
            )
    return found


def _row(
    coins: pd.DataFrame, at: int, reason: str, measure: str, value: float | None = None
) -> dict[str, object]:
    coin = coins.iloc[at]
    return {
        "coin_id": coin["coin_id"],
        "path": coin["path"],
        "reason": reason,
        "measure": measure,
        "value": value,
    }
