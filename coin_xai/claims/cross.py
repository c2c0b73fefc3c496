"""Claims 1 and 2: the cross is a global feature; its horizontal bar is dominant."""

import math

import numpy as np
from scipy.stats import norm

from coin_xai.claims.evidence import Contrast, Evidence, Floats
from coin_xai.claims.measurements import LEAD, NETWORK, RIGHT, SECOND, TURNED
from coin_xai.claims.parts import CROSS, DIAGONAL, HORIZONTAL, VERTICAL
from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import Finding, judge

MARGIN = math.log(1.25)
"""Heat must be a quarter denser: of two thousand coins a ratio of 1.03 is significant, and means nothing."""
LEAST_CLUSTER = 10
GLOBAL_SHARE = 2 / 3
"""Of the clusters, each of which must be sure of it by itself."""


def cross_is_global(evidence: Evidence) -> Finding:
    """Compare the heat on the cross with that on a cross of the same size between its arms.

    Both hold as much area at the same distances, so heat that is only in the middle gives 0.
    """
    found = evidence.contrast(CROSS, DIAGONAL)
    hiding = _hiding(evidence, CROSS, DIAGONAL)
    share, clusters = _share_of_clusters(evidence, found)
    verdict, reason = judge(
        found.effect,
        MARGIN,
        found.beyond,
        {
            "Grad-CAM says the opposite": _second(evidence, CROSS, DIAGONAL) > 0,
            "hiding the cross costs no more than hiding as much between its arms": hiding.low > 0,
            f"it is sure of {share:.0%} of the clusters, and {GLOBAL_SHARE:.0%} are wanted": share
            >= GLOBAL_SHARE,
        },
    )
    return Finding(
        number=1,
        claim="The cross is a global feature.",
        measure="ln of the density of heat on the cross over that on an equal cross between its arms",
        effect=found.effect,
        margin=MARGIN,
        beyond=found.beyond,
        verdict=verdict,
        reason=reason,
        also={
            "share of clusters of which it is sure": share,
            "clusters of ten coins or more": clusters,
            "Grad-CAM": _second(evidence, CROSS, DIAGONAL),
            "cost of hiding it, beyond as much between its arms": hiding.value,
        },
        deciding=evidence.first(found.values[0]),
    )


def horizontal_bar_dominates(evidence: Evidence) -> Finding:
    """Compare the heat on both bars of the cross, and what hiding each of them costs.

    A network that was not taught to turn coins reads places of the picture: then `horizontal` means as the
    coins were laid, and the share that it recognises after a quarter turn says so.
    """
    found = evidence.contrast(HORIZONTAL, VERTICAL)
    hiding = _hiding(evidence, HORIZONTAL, VERTICAL)
    verdict, reason = judge(
        found.effect,
        MARGIN,
        found.beyond,
        {
            "Grad-CAM says the opposite": _second(evidence, HORIZONTAL, VERTICAL) > 0,
            "hiding it costs no more than hiding the other bar": hiding.low > 0,
        },
    )
    turned = _mean_of(evidence, f"{RIGHT} {TURNED}")
    if verdict == "supported" and turned < 0.5:
        reason += f"; horizontal as the coins lie: after a quarter turn {turned:.0%} are recognised"
    return Finding(
        number=2,
        claim="The horizontal bar of the cross is dominant.",
        measure="ln of the density of heat on the horizontal bar over that on the vertical one",
        effect=found.effect,
        margin=MARGIN,
        beyond=found.beyond,
        verdict=verdict,
        reason=reason,
        also={
            "Grad-CAM": _second(evidence, HORIZONTAL, VERTICAL),
            "cost of hiding it, beyond that of the other bar": hiding.value,
            "recognised after a quarter turn": turned,
        },
        deciding=evidence.first(found.values[0]),
    )


def _second(evidence: Evidence, first: str, second: str) -> float:
    columns = f"{SECOND} {first}", f"{SECOND} {second}"
    return evidence.mean(
        [evidence.difference(number, NETWORK, *columns) for number in range(len(evidence.runs))]
    ).value


def _hiding(evidence: Evidence, part: str, control: str) -> Estimate:
    """Return what hiding a part costs more than hiding another, in shares of the mean lead."""
    costs = []
    for number in range(len(evidence.runs)):
        scale = np.nanmean(np.abs(evidence.of(number, NETWORK, LEAD)))
        more = evidence.difference(number, NETWORK, f"{LEAD} {control}", f"{LEAD} {part}")
        costs.append(more / scale)
    return evidence.mean(costs)


def _mean_of(evidence: Evidence, column: str) -> float:
    return evidence.mean([evidence.of(number, NETWORK, column) for number in range(len(evidence.runs))]).value


def _share_of_clusters(evidence: Evidence, found: Contrast) -> tuple[float, int]:
    """Return the share of clusters with a surely positive effect, and how many there are (Bonferroni)."""
    groups = [
        values[(run.cluster == cluster) & ~np.isnan(values)]
        for run, values in zip(evidence.runs, found.values, strict=True)
        for cluster in np.unique(run.cluster)
    ]
    groups = [group for group in groups if len(group) >= LEAST_CLUSTER]
    if not groups:
        return float("nan"), 0
    reach = float(norm.isf(0.025 / len(groups)))
    sure = [_surely_positive(group, reach) for group in groups]
    return float(np.mean(sure)), len(groups)


def _surely_positive(values: Floats, reach: float) -> bool:
    return bool(values.mean() - reach * values.std(ddof=1) / math.sqrt(len(values)) > 0)
