"""Do the verdicts on claims recover what was planted, and stay quiet where something else was?

    python benchmarks/claims.py [--seeds 51 52] [--coins 200] [--out claims]

Draws issues whose clusters rest on one thing (`coin_xai.mint.planted`), trains the grid network on these
clusters, and asks all claims. Prints how often each claim was supported, refuted and so on, by what was
planted; `--out` keeps every number as CSV. An issue takes about a minute of one core.
"""

import argparse
from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from placement import pixels_of

from coin_xai.claims.claims import ask
from coin_xai.claims.controls import taught
from coin_xai.claims.evidence import Evidence, RunEvidence
from coin_xai.claims.groundwork import Groundwork, flan_in, look
from coin_xai.claims.measurements import Sight, Subject, measure
from coin_xai.claims.verdict import Answers
from coin_xai.clustering.partition import Clustering
from coin_xai.common.random_streams import stream
from coin_xai.deepcluster.held_out import train_without
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.evidence.recognition import folds_of
from coin_xai.mint.planted import PLANTINGS, Planting, plant
from coin_xai.photographs.quality import measure as measure_quality
from tasks.explaining.attribute import untrained_network

CPU = torch.device("cpu")
EPOCHS = 4
SUPPORTED = {
    "cross": {1},
    "horizontal bar": {2},
    "vertical bar": set(),
    "symbols": set(),
    "axe": set(),
    "background": {3},
    "richness": {5},
    "twins": {3, 7},
}
"""Which claims are true of what is planted. Twins are divided by collection, so their photographs tell. The
axe is salient, but more so than the bar, so the sixth claim is not true of it."""
UNKNOWN = {"horizontal bar": {1}, "vertical bar": {1}}
"""A bar is a part of the cross, so the first claim is neither true nor false of these; nor is the fourth of
any issue, since nothing about wear is planted."""


def issue(planting: Planting, *, coins: int, seed: int) -> tuple[Evidence, float]:
    """Return the evidence of one issue, and the share of coins that its network recognises."""
    planted = list(plant(planting, coins=coins, seed=seed))
    _, cluster = np.unique([one.cluster for one in planted], return_inverse=True)
    count = int(cluster.max()) + 1
    options = TrainingOptions(
        k=count, network="gridnet", clustering="given", seed=seed, orientation="upright"
    )
    trainer = DeepCluster(pixels_of([one.coin for one in planted]), options, device=CPU)
    nothing = np.zeros(coins, np.float32), np.zeros((count, 0), np.float32)
    trainer.fixed_clusters.take_clusters(Clustering(cluster, *nothing))
    for _ in range(EPOCHS):
        trainer.run_epoch()
    trainer.finish()
    network, shown = trainer.network.eval(), trainer.shown
    taken_for = train_without(
        shown,
        cluster,
        folds_of(cluster, seed=seed),
        options,
        epochs=EPOCHS,
        device=CPU,
        front=getattr(network, "front", None),
    )
    recognised = (taken_for == cluster).astype(np.float64)
    squares = shown.centre_squares(np.arange(coins), size_px=network.input_size_px)
    groundwork: list[Groundwork] = []
    rows = []
    for position, (one, frame) in enumerate(zip(planted, trainer.fixed_clusters.find_frames(), strict=True)):
        height, width = one.coin.photograph.shape[:2]
        mask = frame.mask
        flan = None if mask is None else flan_in(mask, frame, (height, width), size_px=squares.shape[-1])
        known = look(squares[position].mean(axis=0), flan, "cross")
        groundwork.append(known)
        figures = {name: getattr(known, name) for name in ("relief", "completeness", "richness")}
        rows.append(one.coin.truth.row() | asdict(measure_quality(one.coin.photograph)) | figures)
    dealt = stream(seed, "shuffled clusters").permutation(cluster)
    control = partial(taught, shown=shown, centre_crop=1.0, device=CPU)
    untrained = control(untrained_network(options, network), class_index=cluster)
    measured = measure(
        [one.coin.truth.coin_id for one in planted],
        squares,
        groundwork,
        [
            Subject("network", network, cluster),
            Subject("untrained", untrained, cluster),
            Subject("shuffled", control(network, class_index=dealt), dealt),
        ],
        sight=Sight(background=False, colour=False),
        seed=seed,
    )
    run = RunEvidence(cluster, recognised, measured)
    evidence = Evidence(
        pd.DataFrame(rows), [run], "cross", Sight(background=False, colour=False), label="type"
    )
    return evidence, float(recognised.mean())


def _truth(planting: Planting, number: int) -> str:
    if number == 4 or number in UNKNOWN.get(planting, set()):
        return "unknown"
    return "planted" if number in SUPPORTED[planting] else "not planted"


def _rows(planting: Planting, seed: int, recognised: float, answers: Answers) -> list[dict[str, object]]:
    return [
        {
            "planted": planting,
            "seed": seed,
            "recognised": recognised,
            "claim": found.number,
            "planted_claim": _truth(planting, found.number),
            "verdict": found.verdict,
            "value": found.effect.value,
            "low": found.effect.low,
            "high": found.effect.high,
            "beyond_shuffled_low": found.beyond["shuffled"].low if found.beyond.get("shuffled") else None,
            "beyond_untrained_low": found.beyond["untrained"].low if found.beyond.get("untrained") else None,
            "reason": found.reason,
        }
        for found in answers.findings
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[51, 52])
    parser.add_argument("--coins", type=int, default=200)
    parser.add_argument("--plantings", nargs="+", choices=PLANTINGS, default=PLANTINGS)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows: list[dict[str, object]] = []
    for seed in arguments.seeds:
        for planting in arguments.plantings:
            evidence, recognised = issue(planting, coins=arguments.coins, seed=seed)
            found = _rows(planting, seed, recognised, ask(evidence))
            rows += found
            told = "; ".join(f"{row['claim']} {row['verdict']} {row['value']:.2f}" for row in found)
            print(f"seed {seed}, {planting} (recognised {recognised:.2f}): {told}", flush=True)
    if arguments.out:
        pd.DataFrame(rows).to_csv(arguments.out.with_suffix(".csv"), index=False)
    print()
    for number, truth in sorted({(str(row["claim"]), str(row["planted_claim"])) for row in rows}):
        own = [
            str(row["verdict"])
            for row in rows
            if (str(row["claim"]), row["planted_claim"]) == (number, truth)
        ]
        print(f"claim {number}, {truth}: {dict(Counter(own))}")


if __name__ == "__main__":
    main()
