"""Claim 5: coins with many features group together."""

from collections.abc import Mapping

import numpy as np

from coin_xai.claims.evidence import Evidence, Floats
from coin_xai.claims.resampling import Estimate, across_runs, jackknife, shuffled_within
from coin_xai.claims.symbol import NAMED, described, words_of
from coin_xai.claims.verdict import CLAIMS, Finding, Series, judge
from coin_xai.common.random_streams import stream
from coin_xai.evidence.photo_audit import explained_share

MARGIN = 0.1
SHUFFLES = 200
AMONG_TYPES = "richness dealt out anew among the types"


def rich_coins_group(evidence: Evidence) -> Finding | str:
    """Ask which share of the variance of richness the clusters explain, beyond what chance and types do.

    Where the types of the coins are known, richness is dealt out anew among the types as well: clusters that
    follow types explain as much of that, and then it is the type that groups coins, and not how much is on
    them.

    Returns:
        The finding, or what is lacking to find anything.
    """
    given = all(name in evidence.coins for name in NAMED)
    if given:
        richness = np.sum(
            [[bool(words) for words in words_of(evidence.coins, name)] for name in NAMED], axis=0
        )
        richness = np.where(described(evidence.coins), richness, np.nan)
    else:
        richness = evidence.coins["richness"].to_numpy(dtype=np.float64)
    known = ~np.isnan(richness)
    if evidence.model == "table" and not known.any():
        return (
            "no coin has all four cantons in the table of parts, which would tell how rich it is; name what "
            "stands in them in columns canton_1 to canton_4 of the table of coins"
        )
    values, collection = richness[known], evidence.collection[known]
    generator = stream(0, "richness dealt out")
    levels, shares, beyond_types = [], [], []
    for run in evidence.runs:
        groups = run.cluster[known]
        by_chance = _by_chance(values, groups, collection, generator)
        levels.append(by_chance.value)
        shares.append(_beyond(values, groups, by_chance.value))
        if evidence.label:
            types = evidence.coins[evidence.label].fillna("").astype(str).to_numpy()[known]
            named = types != ""
            if named.any():
                beyond_types.append(_beyond_types(values[named], groups[named], types[named], generator))
    effect, level = across_runs(shares), float(np.mean(levels))
    beyond = {AMONG_TYPES: across_runs(beyond_types)} if beyond_types else {}
    verdict, reason = judge(effect, MARGIN, beyond, {})
    note = (
        ""
        if given
        else "; richness is told from the relief, since no column names what stands in the cantons"
    )
    return Finding(
        number=5,
        claim=CLAIMS[5],
        measure="share of the variance of richness that clusters explain, beyond chance",
        effect=effect,
        margin=MARGIN,
        beyond=beyond,
        verdict=verdict,
        reason=reason + note,
        also={"explained": effect.value + level, "explained by chance": level},
        deciding=evidence.first(np.where(known, richness, np.nan)),
        controls=_controls(effect, by_chance, beyond),
        series=Series("mean richness, by cluster", evidence.by_cluster(richness)),
    )


def _controls(effect: Estimate, by_chance: Estimate, beyond: Mapping[str, Estimate]) -> dict[str, Estimate]:
    """Return what clusters explain where richness is dealt out anew, beyond chance as the effect is."""
    level = by_chance.value
    found = {"richness dealt out anew": Estimate(0.0, by_chance.low - level, by_chance.high - level, 0)}
    for name, rest in beyond.items():
        # The spread of what is dealt out is all there is in this interval.
        ends = effect.value - rest.high, effect.value - rest.low
        found[name] = Estimate(effect.value - rest.value, *ends, rest.coins)
    return found


def _by_chance(
    values: Floats, groups: np.ndarray, collection: np.ndarray, generator: np.random.Generator
) -> Estimate:
    """Return the share that clusters explain where richness is dealt out anew in each collection.

    The ends are those between which 95 % of the dealings lie.
    """
    dealt = [values[shuffled_within(collection, generator)] for _ in range(SHUFFLES)]
    shares = [explained_share(one, groups)[0] for one in dealt]
    low, high = np.quantile(shares, (0.025, 0.975))
    return Estimate(float(np.mean(shares)), float(low), float(high), len(values))


def _beyond(values: Floats, groups: np.ndarray, level: float) -> Estimate:
    share = jackknife(lambda rows: explained_share(values[rows], groups[rows])[0], len(values))
    return Estimate(share.value - level, share.low - level, share.high - level, share.coins)


def _beyond_types(
    values: Floats, groups: np.ndarray, types: np.ndarray, generator: np.random.Generator
) -> Estimate:
    """Return by how much clusters explain more than if each type had the richness of another.

    The ends are those between which 95 % of the dealings lie.
    """
    names, index = np.unique(types, return_inverse=True)
    mean = np.bincount(index, weights=values) / np.bincount(index)
    rest = values - mean[index]
    own = explained_share(values, groups)[0]
    others = [
        explained_share(mean[generator.permutation(len(names))][index] + rest, groups)[0]
        for _ in range(SHUFFLES)
    ]
    low, high = np.quantile(others, (0.025, 0.975))
    return Estimate(own - float(np.mean(others)), own - float(high), own - float(low), len(values))
