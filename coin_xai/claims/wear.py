"""Claim 4: worn coins are badly recognised."""

from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm, rankdata

from coin_xai.claims.evidence import Evidence, Floats
from coin_xai.claims.resampling import Estimate, interval_of, shuffled_within
from coin_xai.claims.verdict import CLAIMS, LEAST_COINS, Finding, Series, judge
from coin_xai.common.random_streams import stream

MARGIN = 0.1
GIVEN = ("condition", "wear")
"""Columns in which somebody may have graded the coins, higher for worse; the first that is there counts."""
COVARIATES = ("sharpness", "completeness")
SHUFFLES = 200
ALL = 1 - 1e-12
"""A correlation of 1 has no interval."""
GROUPS = 5
"""By wear: a few grades as they are, else fifths of the coins, or fewer where many are graded alike."""


def worn_coins_suffer(evidence: Evidence) -> Finding | str:
    """Correlate wear with not being recognised, as ranks, beside sharpness, completeness and collection.

    Without a grade in the table of coins, little relief stands for much wear.

    Returns:
        The finding, or what is lacking to find anything.
    """
    graded = next((name for name in GIVEN if name in evidence.coins), None)
    if graded:
        wear = pd.to_numeric(evidence.coins[graded], errors="coerce").to_numpy(dtype=np.float64)
        if np.isnan(wear).all():
            return f"the column {graded} holds no numbers; grade coins by numbers, higher for more worn"
    else:
        wear = -evidence.coins["relief"].to_numpy(dtype=np.float64)
    recognised = _share_of_runs(np.stack([run.recognised for run in evidence.runs]))
    marked = evidence.model == "table"
    beside = [name for name in COVARIATES if not (marked and name == "completeness")]
    others = evidence.coins[beside].to_numpy(dtype=np.float64)
    known = np.flatnonzero(~np.isnan(wear) & ~np.isnan(recognised) & ~np.isnan(others).any(axis=1))
    columns = [wear[known], recognised[known], *others[known].T]
    collection = evidence.collection[known]

    def effect_of(rows: np.ndarray) -> float:
        return -_partial_correlation(columns[0][rows], columns[1][rows], columns[2:], collection, rows)

    few = len(known) < LEAST_COINS
    unknown = float("nan")
    effect = Estimate(unknown, unknown, unknown, len(known))
    if not few:
        effect = _at_least_as_wide(interval_of(effect_of, len(known)))
    generator = stream(0, "wear dealt out")
    by_chance = [
        -_partial_correlation(
            columns[0][shuffled_within(collection, generator)],
            columns[1],
            columns[2:],
            collection,
            np.arange(len(known)),
        )
        for _ in range(0 if few else SHUFFLES)
    ]
    verdict, reason = judge(effect, MARGIN, {}, {})
    return Finding(
        number=4,
        claim=CLAIMS[4],
        measure="rank correlation of wear with not being recognised, less what photographs and flans explain",
        effect=effect,
        margin=MARGIN,
        beyond={},
        verdict=verdict,
        reason=reason
        + ("" if graded else "; wear is told from the relief, since no column grades the coins")
        + ("; parts of a table do not tell how complete a coin is" if marked else ""),
        also={"largest of 200 by chance": max(by_chance, default=float("nan"))},
        deciding=evidence.first(np.where(recognised < 0.5, wear, np.nan)),
        controls={"wear dealt out anew": _spread(by_chance)} if by_chance else {},
        series=Series(
            "share of coins that are recognised, the least worn first",
            _by_wear(wear, evidence.runs[0].recognised),
        ),
    )


def _spread(by_chance: list[float]) -> Estimate:
    low, high = np.quantile(by_chance, (0.025, 0.975))
    return Estimate(float(np.mean(by_chance)), float(low), float(high), len(by_chance))


def _by_wear(wear: Floats, recognised: Floats) -> dict[str, Estimate]:
    """Return the share of coins that are recognised in each group, the least worn first (Wilson 1927)."""
    known = np.flatnonzero(~np.isnan(wear) & ~np.isnan(recognised))
    if not len(known):
        return {}
    groups = wear[known]
    if len(np.unique(groups)) > GROUPS:
        groups = pd.qcut(groups, GROUPS, labels=False, duplicates="drop")
    names, found = np.unique(groups), {}
    for place, group in enumerate(names, start=1):
        hits = recognised[known[groups == group]]
        ends = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
        share = Estimate(float(hits.mean()), float(ends.low), float(ends.high), len(hits))
        found[f"group {place} of {len(names)}"] = share
    return found


def _share_of_runs(recognised: Floats) -> Floats:
    """Return in which share of the runs that know it each coin was recognised (runs x N to N)."""
    known = ~np.isnan(recognised)
    with np.errstate(invalid="ignore"):
        share: Floats = np.where(known, recognised, 0).sum(axis=0) / known.sum(axis=0)
    return share


def _at_least_as_wide(bootstrapped: Estimate) -> Estimate:
    """Return a correlation with an interval that holds that of Fisher as well.

    Where nearly all coins are recognised, resamples hold the same few others again and again, so that their
    spread is too small: where one in fifty was not, such an interval held the truth in 82 of 100 samples.
    Where all are, it has no spread at all, and nobody knows how worn the next one is that is not.
    """
    middle = np.arctanh(np.clip(bootstrapped.value, -ALL, ALL))
    reach = norm.isf(0.025) / np.sqrt(bootstrapped.coins - 3)
    low, high = float(np.tanh(middle - reach)), float(np.tanh(middle + reach))
    return replace(bootstrapped, low=min(bootstrapped.low, low), high=max(bootstrapped.high, high))


def _partial_correlation(
    first: Floats, second: Floats, others: list[Floats], collection: np.ndarray, rows: np.ndarray
) -> float:
    """Return the correlation of two ranks without what other ranks and the collection explain."""
    groups = np.unique(collection[rows], return_inverse=True)[1]
    explaining = [np.eye(groups.max() + 1)[groups], *(rankdata(one[rows])[:, None] for one in others)]
    design = np.concatenate(explaining, axis=1)
    ranks = np.stack([rankdata(first), rankdata(second)], axis=1)
    rest = ranks - design @ np.linalg.lstsq(design, ranks, rcond=None)[0]
    size = np.linalg.norm(rest, axis=0)
    return float(rest[:, 0] @ rest[:, 1] / (size[0] * size[1])) if size.min() > 1e-9 else 0.0
