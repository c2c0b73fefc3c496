"""How often does the interval of a claim hold the truth?

    python benchmarks/coverage.py [--seed 91] [--population 1000] [--samples 200] [--processes 2]

For each planting a network learns the clusters of 200 drawn coins. Then a thousand others, which it has never
seen, are measured: their number is the truth. Samples of 200 of them are drawn, with replacement, and each
claim is asked of each. An interval of 95 % holds the truth in 95 of 100 samples; of 200 samples, the share is
off by less than .03 in nineteen of twenty cases. Where all coins are alike, there is no interval to count.

No controls are measured, since no interval of a number rests on them. The third claim is left out: how much a
forest foretells depends on how many coins it has learnt from, so that 200 coins have another truth than a
thousand.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from claims import drawn, evidence_of, learnt

from coin_xai.claims.cross import cross_is_global, horizontal_bar_dominates
from coin_xai.claims.evidence import Evidence, RunEvidence
from coin_xai.claims.measurements import NETWORK, RIGHT
from coin_xai.claims.resampling import Estimate
from coin_xai.claims.richness import rich_coins_group
from coin_xai.claims.symbol import symbol_is_salient
from coin_xai.claims.twins import twins_are_split
from coin_xai.claims.verdict import Finding
from coin_xai.claims.wear import worn_coins_suffer
from coin_xai.common.random_streams import stream
from coin_xai.mint.planted import PLANTINGS, Planting

COINS = 200
NOTHING = 1e-6
"""Intervals that are narrower are those of coins that are all alike."""
ASKED = (
    cross_is_global,
    horizontal_bar_dominates,
    worn_coins_suffer,
    rich_coins_group,
    partial(symbol_is_salient, symbol="axe"),
    twins_are_split,
)


def effects(evidence: Evidence) -> dict[int, Estimate]:
    """Return the number of each claim that can be asked."""
    found = [ask(evidence) for ask in ASKED]
    return {one.number: one.effect for one in found if isinstance(one, Finding)}


def some_of(evidence: Evidence, chosen: npt.NDArray[np.int64]) -> Evidence:
    """Return the evidence of some coins, by their positions, which may repeat: each is a coin of its own."""
    names = [f"coin {number}" for number in range(len(chosen))]
    (run,) = evidence.runs
    order = evidence.coins["coin_id"]
    measured = pd.concat(
        [
            rows.set_index("coin_id").reindex(order).iloc[chosen].assign(coin_id=names, source=source)
            for source, rows in run.measured.groupby("source")
        ],
        ignore_index=True,
    )
    return replace(
        evidence,
        coins=evidence.coins.iloc[chosen].assign(coin_id=names).reset_index(drop=True),
        runs=[RunEvidence(run.cluster[chosen], run.recognised[chosen], measured)],
    )


def covered(planting: Planting, seed: int, population: int, samples: int) -> pd.DataFrame:
    """Return one row a sample and claim: the truth, the number, and the ends of its interval."""
    torch.set_num_threads(1)
    subject = learnt(drawn(planting, coins=range(COINS), seed=seed))[0]
    others = drawn(planting, coins=range(COINS, COINS + population), seed=seed)
    if others.trainer.options.k != subject.network.head.out_features:
        raise SystemExit(f"{planting}: the coins that were learnt and the others have different clusters")
    seen = [replace(subject, class_index=others.cluster)]
    evidence = evidence_of(others, seen, np.full(population, np.nan))
    (run,) = evidence.runs
    recognised = evidence.of(0, NETWORK, RIGHT)
    evidence = replace(evidence, runs=[replace(run, recognised=recognised)])
    truths = {
        number: truth for number, truth in effects(evidence).items() if truth.high - truth.low > NOTHING
    }
    generator = stream(seed, f"samples of {planting}")
    rows = []
    for sample in range(samples):
        found = effects(some_of(evidence, generator.integers(population, size=COINS)))
        rows += [
            {
                "planted": planting,
                "sample": sample,
                "claim": number,
                "truth": truths[number].value,
                "value": effect.value,
                "low": effect.low,
                "high": effect.high,
            }
            for number, effect in found.items()
            if number in truths
        ]
    return pd.DataFrame(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=91)
    parser.add_argument("--population", type=int, default=1000)
    parser.add_argument("--samples", type=int, default=200)
    parser.add_argument("--plantings", nargs="+", choices=PLANTINGS, default=PLANTINGS)
    parser.add_argument("--processes", type=int, default=1)
    arguments = parser.parse_args()
    parts: list[pd.DataFrame] = []
    with ProcessPoolExecutor(arguments.processes, mp_context=get_context("spawn")) as pool:
        measured = [
            pool.submit(covered, planting, arguments.seed, arguments.population, arguments.samples)
            for planting in arguments.plantings
        ]
        for one in measured:
            rows = one.result()
            rows["held"] = (rows["low"] <= rows["truth"]) & (rows["truth"] <= rows["high"])
            rows["width"] = rows["high"] - rows["low"]
            rows["off"] = rows["value"] - rows["truth"]
            by_claim = rows.groupby(["planted", "claim"], sort=False)
            print(
                by_claim[["truth", "off", "width", "held"]].mean().round(3).to_string(header=not parts),
                flush=True,
            )
            parts.append(rows)
    print("\nshare of intervals that hold the truth, by claim")
    print(pd.concat(parts).groupby("claim")["held"].agg(["mean", "size"]).round(3).to_string())


if __name__ == "__main__":
    main()
