"""Claims 1 and 2: the cross is a global feature; its horizontal bar is dominant."""

import math

import numpy as np
from scipy.stats import norm

from coin_xai.claims.evidence import LEAST_CLUSTER, Contrast, Evidence, Floats
from coin_xai.claims.measurements import NETWORK, RIGHT, TURNED
from coin_xai.claims.parts import CROSS, DIAGONAL, HORIZONTAL, VERTICAL
from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import CLAIMS, Finding, Series, judge

MARGIN = 0.2
"""Hiding a part must cost a fifth of the lead more than hiding as much elsewhere: of two thousand coins a
hundredth is significant, and means nothing."""
GLOBAL_SHARE = 2 / 3
"""Of the clusters, each of which must be sure of it by itself."""


def cross_is_global(evidence: Evidence) -> Finding:
    """Ask what hiding the cross costs more than hiding a cross of the same size between its arms.

    Both hold as much area at the same distances from the centre, so a network that only looks at the middle
    of coins loses as much by either. Heat must not say the opposite; alone it finds a planted cross too
    seldom (docs/claims.md).
    """
    found, heat = evidence.cost(CROSS, [DIAGONAL]), evidence.heat(CROSS, DIAGONAL)
    share, clusters = _share_of_clusters(evidence, found)
    verdict, reason = judge(
        found.effect,
        MARGIN,
        found.beyond,
        {
            "heat surely lies between its arms rather than on it": not heat.effect.high < 0,
            _says(share, clusters): share >= GLOBAL_SHARE,
        },
    )
    return Finding(
        number=1,
        claim=CLAIMS[1],
        measure="share of the lead that hiding the cross costs, less that of an equal cross between its arms",
        effect=found.effect,
        margin=MARGIN,
        beyond=found.beyond,
        verdict=verdict,
        reason=reason,
        also={
            "share of clusters that are sure of it": share,
            "clusters of ten coins or more": clusters,
            **_told(heat, "between its arms", evidence.second_opinion(CROSS, DIAGONAL)),
        },
        deciding=evidence.first(found.values[0]),
        controls=_controls(evidence, found),
        hides=CROSS,
        series=Series("what hiding the cross costs more, by cluster", evidence.by_cluster(found.values[0])),
    )


def horizontal_bar_dominates(evidence: Evidence) -> Finding:
    """Ask what hiding the horizontal bar costs more than hiding the vertical one.

    A network that was not taught to turn coins reads places of the picture: then `horizontal` means as the
    coins were laid, and the share that it recognises after a quarter turn says so.
    """
    found, heat = evidence.cost(HORIZONTAL, [VERTICAL]), evidence.heat(HORIZONTAL, VERTICAL)
    verdict, reason = judge(
        found.effect,
        MARGIN,
        found.beyond,
        {"heat surely lies on the other bar rather than on it": not heat.effect.high < 0},
    )
    turned = evidence.mean(
        [evidence.of(number, NETWORK, f"{RIGHT} {TURNED}") for number in range(len(evidence.runs))]
    ).value
    if verdict == "supported" and turned < 0.5:
        reason += f"; horizontal as the coins lie: after a quarter turn {turned:.0%} are recognised"
    return Finding(
        number=2,
        claim=CLAIMS[2],
        measure="share of the lead that hiding the horizontal bar costs, less that of the vertical one",
        effect=found.effect,
        margin=MARGIN,
        beyond=found.beyond,
        verdict=verdict,
        reason=reason,
        also={
            **_told(heat, "on the other bar", evidence.second_opinion(HORIZONTAL, VERTICAL)),
            "recognised after a quarter turn": turned,
        },
        deciding=evidence.first(found.values[0]),
        controls=_controls(evidence, found),
        hides=HORIZONTAL,
        series=Series(
            "what hiding the horizontal bar costs more, by cluster", evidence.by_cluster(found.values[0])
        ),
    )


def _controls(evidence: Evidence, found: Contrast) -> dict[str, Estimate]:
    return {name: evidence.mean(values) for name, values in found.of_controls.items()}


def _told(heat: Contrast, elsewhere: str, second_opinion: float) -> dict[str, float]:
    return {
        f"ln of the density of heat on it over that {elsewhere}": heat.effect.value,
        **{f"the same beyond {name}": rest.value for name, rest in heat.beyond.items()},
        "the same by Grad-CAM": second_opinion,
    }


def _says(share: float, clusters: int) -> str:
    if not clusters:
        return f"no cluster has {LEAST_CLUSTER} coins"
    return f"{share:.0%} of the clusters are sure of it, and two thirds are wanted"


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
