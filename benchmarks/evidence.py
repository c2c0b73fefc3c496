"""What maps are worth on drawn coins whose truths are known, beside nulls that know less or nothing.

    python benchmarks/evidence.py --issues 101 102 103 [--network alexnet --layer features.17]

Each issue is drawn once and studied by several trainings, and all figures are of their maps. Types of drawn
coins differ in the symbols of their four cantons and in nothing else, so maps that explain why a coin is in
its cluster should be warm there, and the logit should fall where a symbol is missing.

symbols        heat on symbols, over that of the whole square: 1 is heat without any preference
symbols/coin   heat on symbols, over that of the whole coin
deletion       rank correlation, over 16 patches of a coin, of the fall of the logit with the heat there
insertion      area under the curve of the logit while a grey coin is shown again, hottest patch first
parts          rank correlation over symbols: the coin is drawn again without one of them, as it was taken
and cross      the same over symbols and the cross, which is on every coin

Means over coins and trainings, with the interval that holds 95 of 100 bootstrap samples: of trainings, and
of the coins of each. Nulls go through the same measures, with the falls of the trained network's logit.
Match maps explain a likeness: for them and their null, parts ask by how much a coin's lead falls, how much
better it is found in its own cluster than in the nearest other one.

A second table tells how like the maps stay where the weights are drawn anew, as `coin-xai sanity` does.
"""

import argparse
import tempfile
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
import torch
from evidence_falls import PARTS, falls_by_part, falls_by_patch, heat_by_patch, insertion
from evidence_maps import METHODS, all_maps, match_maps
from evidence_study import Maps, Studied, squares, study_issue
from scipy.stats import spearmanr

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.evidence.sanity import sanity, verdicts
from coin_xai.mint import Issue
from coin_xai.networks import ALIGNED, normalise
from coin_xai.networks.names import Front

SAMPLES = 1000
FIRST_SEED = 31
"""Of the trainings; the default of the product."""
FIGURES = ("symbols", "symbols/coin", "deletion", "insertion", "parts", "and cross")
RANDOMISED_COINS = 64


def main() -> None:
    """Print the tables after each issue."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--issues", type=int, nargs="+", default=[101, 102, 103], help="seeds of the coins")
    parser.add_argument("--trainings", type=int, default=3, help="of each issue, with seeds of their own")
    parser.add_argument("--coins", type=int, default=360)
    parser.add_argument("--types", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--network", default="gridnet")
    parser.add_argument("--front", default="edges", choices=get_args(Front), help="what gridnet sees")
    parser.add_argument("--layer", help="whose maps are explained; the network's own without it")
    parser.add_argument("--redrawn", type=int, default=67, help="coins of each issue, drawn without parts")
    arguments = parser.parse_args()
    rows, randomised = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in arguments.issues:
            issue = Issue(coins=arguments.coins, types=arguments.types, seed=seed)
            for training in range(arguments.trainings):
                options = TrainingOptions.model_validate(
                    {
                        "k": arguments.types,
                        "network": arguments.network,
                        "front": arguments.front,
                        "seed": FIRST_SEED + training,
                        "description": "edges",
                    }
                )
                studied = study_issue(
                    Path(scratch) / str(seed), issue, options, epochs=arguments.epochs, layer=arguments.layer
                )
                found = of_training(studied, arguments.epochs, arguments.redrawn)
                rows.append(found.assign(training=f"{seed}-{training}"))
                randomised.append(_randomised(studied))
            print(summary(pd.concat(rows)).to_string(), flush=True)
            print(pd.concat(randomised).groupby("method").mean().round(2).to_string(), flush=True)


def of_training(studied: Studied, epochs: int, redrawn: int) -> pd.DataFrame:
    """Return a row for each map and coin: its figures."""
    patches, parts = falls_by_patch(studied), falls_by_part(studied, redrawn)
    rows = []
    for name, maps in all_maps(studied, epochs).items():
        areas = insertion(maps, studied, redrawn)
        rows.append(measure(maps, studied, patches, parts.of_logit).assign(map=name, insertion=areas))
    if studied.options.network in ALIGNED:
        unknown = np.full_like(patches, np.nan)
        for name, maps in match_maps(studied).items():
            measured = measure(maps, studied, unknown, parts.of_likeness)
            rows.append(measured.assign(map=name, insertion=np.nan))
    return pd.concat(rows)


def _randomised(studied: Studied) -> pd.DataFrame:
    given = normalise(torch.from_numpy(squares(studied.shown, studied.network.input_size_px)))
    table = sanity(
        studied.network,
        given[:RANDOMISED_COINS],
        torch.from_numpy(studied.class_index[:RANDOMISED_COINS]),
        layer=studied.layer,
        units=studied.network.head.out_features,
        generator=torch.Generator().manual_seed(0),
        methods=METHODS,
    )
    return verdicts(table)


def measure(maps: Maps, studied: Studied, patches: Maps, parts: Maps) -> pd.DataFrame:
    """Return a row for each coin: its figures; NaN where there is nothing to measure."""
    rows = []
    for one, symbols, cross, coin, by_patch, by_part in zip(
        maps, studied.symbols, studied.cross, studied.coin, patches, parts, strict=True
    ):
        heat = np.maximum(one.astype(np.float64), 0)
        on_parts = (heat * [*symbols, cross]).sum(axis=(1, 2))
        known = ~np.isnan(by_part)
        struck = known & (np.arange(PARTS) < len(symbols))
        on_symbols = _density(heat, symbols.sum(axis=0))
        rows.append(
            (
                on_symbols / heat.mean() if heat.any() else np.nan,
                on_symbols / _density(heat, coin) if (heat * coin).any() else np.nan,
                _correlation(heat_by_patch(heat), by_patch),
                _correlation(on_parts[struck], by_part[struck]),
                _correlation(on_parts[known], by_part[known]),
            )
        )
    return pd.DataFrame(rows, columns=[figure for figure in FIGURES if figure != "insertion"])


def _density(heat: Maps, place: Maps) -> float:
    return float((heat * place).sum() / place.sum()) if place.any() else np.nan


def _correlation(heat: Maps, falls: Maps) -> float:
    if len(heat) < 2 or np.ptp(heat) == 0 or np.ptp(falls) == 0:
        return np.nan
    return float(spearmanr(heat, falls).statistic)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each map: means over coins and trainings, with their intervals."""
    table = {}
    for name, own in rows.groupby("map", sort=False):
        cells = {}
        for figure in FIGURES:
            by_training = [one.dropna().to_numpy() for _, one in own.groupby("training")[figure]]
            by_training = [one for one in by_training if len(one)]
            cells[figure] = _told(by_training) if by_training else "-"
        table[name] = {**cells, "coins": int(own["symbols"].notna().sum())}
    return pd.DataFrame(table).T


def _told(by_training: list[Maps]) -> str:
    generator = np.random.default_rng(0)

    def sample() -> float:
        drawn = [by_training[one] for one in generator.integers(0, len(by_training), len(by_training))]
        return float(np.concatenate([generator.choice(one, len(one)) for one in drawn]).mean())

    means = [sample() for _ in range(SAMPLES)]
    low, high = np.percentile(means, (2.5, 97.5))
    return f"{np.concatenate(by_training).mean():.2f} ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    main()
