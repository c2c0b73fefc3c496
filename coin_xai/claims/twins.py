"""Claim 7: similar features do not always share a cluster."""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from coin_xai.claims.evidence import Evidence
from coin_xai.claims.resampling import Estimate, across_runs
from coin_xai.claims.verdict import CLAIMS, Finding, Series, judge

MARGIN = 0.1
MOST_TYPES = 20
"""Of a series: those that are torn most."""


def twins_are_split(evidence: Evidence) -> Finding | str:
    """Return which share of pairs of coins of one type lies in different clusters.

    Any imperfect partition splits some, so the size counts, beside that of a partition that knows no types.

    Returns:
        The finding, or what is lacking to find anything.
    """
    if not evidence.label:
        return "no column says which coins are alike; give one with --label"
    labels = evidence.coins[evidence.label].fillna("").astype(str).to_numpy()
    named = np.flatnonzero(labels != "")
    types = np.unique(labels[named], return_inverse=True)[1]
    if not _companions(types).any():
        return f"no two coins have the same {evidence.label}"
    shares = [_split(types, run.cluster[named]) for run in evidence.runs]
    effect = across_runs(shares)
    chance = 1 - _same(evidence.runs[0].cluster[named])
    # A pair that is split in one partition and not in the next is no twin that was torn apart.
    everywhere = _split_everywhere(types, [run.cluster[named] for run in evidence.runs])
    verdict, reason = judge(
        effect,
        MARGIN,
        {},
        {"coins of one type share a cluster no more than any coins do": effect.value < chance - MARGIN},
    )
    torn = _torn(types, evidence.runs[0].cluster[named])
    values = np.full(len(labels), np.nan)
    values[named] = torn
    return Finding(
        number=7,
        claim=CLAIMS[7],
        measure=f"share of pairs of coins with one {evidence.label} that lie in different clusters",
        effect=effect,
        margin=MARGIN,
        beyond={},
        verdict=verdict,
        reason=reason,
        also={"of any pairs": chance, "split in every run": everywhere},
        deciding=evidence.first(values),
        controls={"any pairs": Estimate(chance, float("nan"), float("nan"), len(named))},
        series=Series(
            "share of pairs that are split, by type", _by_type(labels[named], evidence.runs[0].cluster[named])
        ),
    )


def _by_type(labels: npt.NDArray[np.str_], cluster: npt.NDArray[np.int64]) -> dict[str, Estimate]:
    """Return the share of pairs that is split, type by type, those first that are torn most."""
    found = {
        str(one): _split(np.zeros((labels == one).sum(), dtype=np.int64), cluster[labels == one])
        for one in np.unique(labels)
    }
    pairs = [(name, share) for name, share in found.items() if share.coins > 2]
    return dict(sorted(pairs, key=lambda row: -row[1].value)[:MOST_TYPES])


def _split(types: npt.NDArray[np.int64], cluster: npt.NDArray[np.int64]) -> Estimate:
    """Return the share of pairs of a type that is split, by leaving out one coin after the other.

    Where a type is halved, no single coin moves the share, and leaving coins out says that it is certain. The
    variance that pairs have beyond that of their coins (Hoeffding 1948, A class of statistics with
    asymptotically normal distribution) is added.
    """
    of_type, of_both = _companions(types), _companions(types * (cluster.max() + 1) + cluster)
    pairs, together = of_type.sum() / 2, of_both.sum() / 2
    if pairs == 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    value = 1 - together / pairs
    left = pairs - of_type
    without = 1 - np.divide(together - of_both, left, out=np.ones_like(left), where=left > 0)
    count = len(types)
    of_coins = (count - 1) / count * ((without - without.mean()) ** 2).sum()
    error = float(np.sqrt(of_coins + value * (1 - value) / pairs))
    return Estimate(float(value), float(value - 1.96 * error), float(value + 1.96 * error), count)


def _companions(groups: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return how many other coins share each coin's group (N)."""
    _, index, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return (sizes[index] - 1).astype(np.float64)


def _same(cluster: npt.NDArray[np.int64]) -> float:
    count = len(cluster)
    return float(_companions(cluster).sum() / max(count * (count - 1), 1))


def _torn(types: npt.NDArray[np.int64], cluster: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return, of each coin, which share of its type lies elsewhere (N)."""
    of_type = _companions(types)
    together = _companions(types * (cluster.max() + 1) + cluster)
    return 1 - np.divide(together, of_type, out=np.ones_like(of_type), where=of_type > 0)


def _split_everywhere(types: npt.NDArray[np.int64], clusters: list[npt.NDArray[np.int64]]) -> float:
    """Return the share of pairs of a type that no run keeps together.

    Pairs that some run keeps together are counted by inclusion and exclusion over the runs: however large a
    type is, no pair is ever looked at.
    """
    together = 0.0
    for count in range(1, len(clusters) + 1):
        for some in combinations(clusters, count):
            groups = np.unique(np.stack([types, *some]), axis=1, return_inverse=True)[1].ravel()
            together += (-1) ** (count + 1) * _companions(groups).sum()
    return float(1 - together / _companions(types).sum())
