"""Claim 3: the quality of the photograph matters."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from coin_xai.claims.evidence import Evidence, Floats
from coin_xai.claims.interventions import PHOTOGRAPHIC
from coin_xai.claims.measurements import AGAIN, HEAT, NETWORK, RIGHT, SWAPPED
from coin_xai.claims.parts import BACKGROUND
from coin_xai.claims.resampling import shuffled_within
from coin_xai.claims.verdict import CLAIMS, Finding, Series, judge
from coin_xai.common.random_streams import integer, stream
from coin_xai.photographs.quality import MEASURES

MARGIN = 0.1
"""A tenth of the coins must be put into their clusters by their photographs alone, beyond chance."""
LEAST_CLUSTER = 5
"""A smaller cluster has too little to learn from."""
SHUFFLES = 3
TREES = 100
"""About 37 of them have not learnt from a given coin."""


def photograph_matters(evidence: Evidence) -> Finding:
    """Ask how much of the partition the photograph foretells, without a look at the coin.

    A forest learns the clusters from measures of the photographs. A coin's cluster is foretold by those of
    its trees that have not learnt from the coin (Breiman 2001, out of bag). Each cluster counts as much as
    any other, so a large one is no easy guess.
    """
    values = evidence.coins[list(MEASURES)].to_numpy(dtype=np.float64)
    values = np.where(np.isnan(values), -1, values)
    everyone = np.zeros_like(evidence.collection)
    own, beyond_chance, beyond_collection, of_collection = [], [], [], []
    for run in evidence.runs:
        hits = _foretold(values, run.cluster, seed=0)
        chance = _foretold_by_chance(values, run.cluster, everyone)
        within = chance
        if evidence.collection.any():
            within = _foretold_by_chance(values, run.cluster, evidence.collection)
        own.append(hits)
        beyond_chance.append(hits - chance)
        beyond_collection.append(hits - within)
        of_collection.append(within - chance)
    effect = evidence.mean(beyond_chance)
    verdict, reason = judge(effect, MARGIN, {}, {})
    flips = {f"lost after {name}": _lost(evidence, name) for name in (*PHOTOGRAPHIC, SWAPPED)}
    unseen = []
    if not evidence.sight.background:
        unseen.append("the network sees coins alone, so no background and no rim")
    if not evidence.sight.colour:
        unseen.append("it sees no colour")
    return Finding(
        number=3,
        claim=CLAIMS[3],
        measure="share of coins whose cluster measures of their photographs foretell, beyond chance",
        effect=effect,
        margin=MARGIN,
        beyond={},
        verdict=verdict,
        reason="; ".join([reason, *unseen]),
        also={
            "foretold": evidence.mean(own).value,
            "beyond what the collection alone foretells": evidence.mean(beyond_collection).value,
            "ln of the density of heat beside the coin": evidence.mean(
                [evidence.of(number, NETWORK, f"{HEAT} {BACKGROUND}") for number in range(len(evidence.runs))]
            ).value,
            **{name: value for name, value in flips.items() if not np.isnan(value)},
        },
        deciding=evidence.first(np.where(own[0] > 0, own[0], np.nan)),
        controls={"the collection alone": evidence.mean(of_collection)} if evidence.collection.any() else {},
        series=Series(
            "share of coins that are foretold beyond chance, by cluster",
            evidence.by_cluster(beyond_chance[0] / _weights(evidence.runs[0].cluster)),
        ),
    )


def _foretold(values: Floats, cluster: np.ndarray, *, seed: int) -> Floats:
    """Return whether each coin's cluster is foretold, weighed so that clusters count alike (N)."""
    weight = _weights(cluster)
    known, hits = ~np.isnan(weight), np.full(len(cluster), np.nan)
    names, class_index = np.unique(cluster[known], return_inverse=True)
    if len(names) < 2:
        return hits
    forest = RandomForestClassifier(
        TREES, class_weight="balanced", oob_score=True, random_state=seed, n_jobs=1
    )
    told = forest.fit(values[known], class_index).oob_decision_function_.argmax(axis=1)
    hits[known] = weight[known] * (told == class_index)
    return hits


def _weights(cluster: np.ndarray) -> Floats:
    """Return by what each coin counts so that clusters count alike; NaN in small clusters (N)."""
    _names, index, sizes = np.unique(cluster, return_inverse=True, return_counts=True)
    large = sizes >= LEAST_CLUSTER
    weights: Floats = np.where(large, sizes[large].sum() / (max(large.sum(), 1) * sizes), np.nan)[index]
    return weights


def _foretold_by_chance(values: Floats, cluster: np.ndarray, within: np.ndarray) -> Floats:
    """Return the same where photographs are dealt out anew among the coins of each group, on average (N)."""
    generator = stream(0, "photographs dealt out")
    found = [
        _foretold(values[shuffled_within(within, generator)], cluster, seed=integer(generator))
        for _ in range(SHUFFLES)
    ]
    mean: Floats = np.mean(found, axis=0)
    return mean


def _lost(evidence: Evidence, change: str) -> float:
    """Return the share of coins recognised no more after a change, less that after a change that is none."""
    lost = []
    for number in range(len(evidence.runs)):
        before = evidence.of(number, NETWORK, RIGHT)
        after, again = (evidence.of(number, NETWORK, f"{RIGHT} {name}") for name in (change, AGAIN))
        lost.append(np.where(before > 0, again - after, np.nan))
    return evidence.mean(lost).value
