"""What maps are worth on drawn coins whose truths are known, beside nulls that know less or nothing.

    python benchmarks/evidence.py --seeds 101 102 103 [--network alexnet --epochs 6]

For each seed an issue is drawn and studied, and all figures are of its maps. Types of drawn coins differ in
the symbols of their four cantons and in nothing else, so maps that explain why a coin is in its cluster
should be warm there, and the logit should fall where a symbol is missing.

symbols        heat on symbols, over that of the whole square: 1 is heat without any preference
symbols/coin   heat on symbols, over that of the whole coin
deletion       rank correlation, over 16 patches of a coin, of the fall of the logit with the heat there
parts          the same over symbols: the coin is drawn again without one of them, as it was struck and taken

Means over coins and seeds, with the interval that holds 95 of 100 bootstrap samples of the coins. Nulls go
through the same measures, with the falls of the trained network's logit. Match maps explain a likeness: for
them and their null, `parts` asks by how much a coin's lead falls, how much better it is found in its own
cluster than in the nearest other one.
"""

import argparse
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy.stats import spearmanr
from training import decoded

from coin_xai.attribution import Attributor
from coin_xai.attribution.methods import MapMethod
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.fixed_clusters import given_clusters
from coin_xai.deepcluster.head import fit_head
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.likeness import NEIGHBOURS, describe_in
from coin_xai.matching.match_maps import Matched, MatchMaps
from coin_xai.matching.windows import found_in
from coin_xai.mint import Coin, Issue, mint
from coin_xai.mint.coin import strike
from coin_xai.networks import ALIGNED, Network, normalise
from coin_xai.photographs.pixels import Pixels
from coin_xai.photographs.square import Square
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from storage.layout import ExplanationLayout, RunLayout
from storage.pictures import write_picture
from tasks.collection import open_pixels, usable_coins
from tasks.explaining.attribute import load_network
from tasks.photographs.cells import read_cells
from tasks.photographs.frames import read_frames, squares_of
from tasks.photographs.outlines import open_shown
from tasks.photographs.write_drawn_coins import write_drawn_coins

SYMBOL_CENTRE, SYMBOL_RADIUS = 0.42, 0.3
"""Of a symbol in its canton, across and down, in radii of the die."""
CANTONS = ((-1, -1), (1, -1), (-1, 1), (1, 1))
POINTS = 8
"""Along a side of each cell of a map, where it is asked what lies there."""
PATCHES = 4
"""Along a side of the square, of those that are made grey."""
BATCH, SAMPLES = 32, 1000
METHODS: tuple[MapMethod, ...] = ("hires_cam", "grad_cam")
DEVICE = torch.device("cpu")

Maps = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Studied:
    """An issue, and the run that was made of it.

    Attributes:
        drawn: the coins.
        network: as it was trained.
        options: how.
        shown: the coins as the network sees them.
        class_index: of each.
        symbols: which share of each cell of a map each symbol takes up (coins x 4 x h x w).
        coin: and the coin (coins x h x w).
        matched: what the clustering itself is explained by; None of a network that is shown photographs.
    """

    drawn: list[Coin]
    network: Network
    options: TrainingOptions
    shown: Pixels
    class_index: npt.NDArray[np.int64]
    layout: RunLayout
    symbols: Maps
    coin: Maps
    matched: Matched | None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103], help="of the issues")
    parser.add_argument("--coins", type=int, default=360)
    parser.add_argument("--types", type=int, default=12)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--network", default="gridnet")
    parser.add_argument("--coins-without-parts", type=int, default=67, help="of each issue, drawn again")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in arguments.seeds:
            issue = Issue(coins=arguments.coins, types=arguments.types, seed=seed)
            studied = study_issue(Path(scratch) / str(seed), issue, arguments.network, arguments.epochs)
            patches = falls_by_patch(studied)
            parts = falls_by_part(studied, arguments.coins_without_parts)
            for name, maps in all_maps(studied, arguments.epochs).items():
                measured = measure(maps, studied, patches, parts.of_logit)
                rows.append(measured.assign(map=name, seed=seed))
            if studied.options.network in ALIGNED:
                unknown = np.full_like(patches, np.nan)
                for name, maps in match_maps(studied).items():
                    measured = measure(maps, studied, unknown, parts.of_likeness)
                    rows.append(measured.assign(map=name, seed=seed))
            print(summary(pd.concat(rows)).to_string(), flush=True)


def study_issue(folder: Path, issue: Issue, network: str, epochs: int) -> Studied:
    """Draw an issue, study it, and look up what is in the run."""
    write_drawn_coins(folder / "coins", issue)
    root = study.fn(
        Photographs(images=folder / "coins"),
        TrainingOptions.model_validate({"k": issue.types, "network": network}),
        Duration(epochs=epochs),
        Place(runs=folder / "runs", name="evidence"),
    )
    layout, files = RunLayout(folder / "runs" / "evidence"), ExplanationLayout(Path(root).resolve())
    trained, options = load_network(layout.root, epochs)
    coins = usable_coins(layout).merge(
        pd.read_parquet(files.assignments)[["coin_id", "class_index"]], on="coin_id"
    )
    pixels = open_pixels(layout, coins)
    drawn = {coin.truth.coin_id: coin for coin in mint(issue)}
    ordered = [drawn[coin_id] for coin_id in coins["coin_id"]]
    shown = open_shown(layout, coins, options)
    grid = _grid(trained)
    placed = [
        places(coin, square.enlarged(coin.photograph.shape[1]), grid)
        for coin, square in zip(ordered, squares_of(layout, coins, pixels, options), strict=True)
    ]
    return Studied(
        ordered,
        trained,
        options,
        shown,
        coins["class_index"].to_numpy(np.int64),
        layout,
        np.stack([symbols for symbols, _ in placed]),
        np.stack([flan for _, flan in placed]),
        _matched(layout, coins["class_index"].to_numpy(np.int64)) if options.network in ALIGNED else None,
    )


def _matched(layout: RunLayout, class_index: npt.NDArray[np.int64]) -> Matched:
    everyone = np.arange(len(class_index))
    return MatchMaps(read_cells(layout, len(everyone)), class_index, device=DEVICE).of(everyone)


def _grid(network: Network) -> int:
    """Return how many cells a map of a network has along a side."""
    kept: list[int] = []
    layer = network.get_submodule(network.attribution_layer)
    hook = layer.register_forward_hook(lambda _layer, _given, maps: kept.append(maps.shape[-1]))
    side = network.input_size_px
    with torch.inference_mode():
        network(torch.zeros(1, 3, side, side))
    hook.remove()
    return kept[0]


def places(coin: Coin, square: Square, cells: int) -> tuple[Maps, Maps]:
    """Return which share of each cell of a map lies on each symbol (4 x h x w), and on the coin (h x w)."""
    shot, flan = coin.plan.shot, coin.plan.flan
    at = (np.arange(POINTS * cells) + 0.5) / (POINTS * cells)
    across, down = square.in_photograph(at[None, :], at[:, None])
    x, y = (
        (one - middle) / shot.radius_px for one, middle in zip((across, down), shot.centre_px, strict=True)
    )
    right, below = flan.to_die(x.astype(np.float32), y.astype(np.float32))

    def share(inside: npt.NDArray[np.bool_]) -> Maps:
        found: Maps = inside.reshape(cells, POINTS, cells, POINTS).mean(axis=(1, 3))
        return found

    symbols = np.zeros((4, cells, cells))
    for stamp in coin.plan.die.stamps:
        side_x, side_y = CANTONS[stamp.canton - 1]
        middle = np.hypot(right - SYMBOL_CENTRE * side_x, below - SYMBOL_CENTRE * side_y)
        symbols[stamp.canton - 1] = share(middle < SYMBOL_RADIUS)
    return symbols, share(flan.depth(x.astype(np.float32), y.astype(np.float32)) > 0)


def all_maps(studied: Studied, epochs: int) -> Mapping[str, Maps]:
    """Return maps by name: those of the network, and those of nulls (coins x h x w each)."""
    network, unit = studied.network, studied.class_index
    found: dict[str, Maps] = dict(explained(network, studied.shown, unit, METHODS))
    lead = found["hires_cam"]
    other = (unit + 1) % network.head.out_features
    found["null: another cluster"] = explained(network, studied.shown, other, METHODS[:1])["hires_cam"]
    by_chance = np.random.default_rng(0).permutation(unit)
    for name, taught, passes in (("untrained", unit, 0), ("shuffled clusters", by_chance, epochs)):
        control = trained_on(studied, taught, passes)
        found[f"null: {name}"] = explained(control, studied.shown, taught, METHODS[:1])["hires_cam"]
    found["null: mean map"] = np.broadcast_to(np.maximum(lead, 0).mean(axis=0), lead.shape)
    return found | dict(_without_network(studied))


def _without_network(studied: Studied) -> Iterator[tuple[str, Maps]]:
    cells = studied.coin.shape[-1]
    down, across = ((np.indices((cells, cells)) + 0.5) / cells - 0.5) * 2
    blobs = sum(
        np.exp(-((across - SYMBOL_CENTRE * x) ** 2 + (down - SYMBOL_CENTRE * y) ** 2) / (2 * 0.15**2))
        for x, y in CANTONS
    )
    ring = np.exp(-((np.hypot(across, down) - 0.6) ** 2) / (2 * 0.15**2))
    everywhere = (len(studied.coin), cells, cells)
    yield "null: four blobs", np.broadcast_to(blobs, everywhere)
    yield "null: ring", np.broadcast_to(ring, everywhere)
    yield "null: edge strength", np.stack([_edges(one, cells) for one in _squares(studied.shown, 128)])
    yield "null: all of the coin", studied.coin
    yield "null: all of the square", np.ones(everywhere)


def _edges(square: npt.NDArray[np.uint8], cells: int) -> Maps:
    strength = np.hypot(*np.gradient(square.mean(axis=0)))
    at = (np.arange(len(strength)) * cells) // len(strength)
    total = np.zeros((cells, cells))
    np.add.at(total, (at[:, None], at), strength)
    return total


def trained_on(studied: Studied, taught: npt.NDArray[np.int64], epochs: int) -> Network:
    """Return a network that learnt clusters for so many epochs, with a head that was fitted to them."""
    options = studied.options.model_copy(update={"clustering": "given", "k": int(taught.max()) + 1})
    trainer = DeepCluster(studied.shown, options, device=DEVICE)
    trainer.shown = studied.shown
    trainer.fixed_clusters.take_clusters(given_clusters(taught))
    for _ in range(epochs):
        trainer.run_epoch()
    network = trainer.network
    features = extract_features(
        network,
        studied.shown,
        centre_crop=options.centre_crop,
        batch_size=BATCH,
        device=DEVICE,
        advance=lambda _: None,
    )
    head = fit_head(features, taught)
    network.head = torch.nn.Linear(*reversed(head.weight.shape))
    network.head.load_state_dict({"weight": head.weight, "bias": head.bias})
    return network.eval()


def explained(
    network: Network, shown: Pixels, unit: npt.NDArray[np.int64], methods: tuple[MapMethod, ...]
) -> dict[str, Maps]:
    """Return the maps of all coins, by method."""
    attributor = Attributor(network, layer=network.attribution_layer)
    parts: list[dict[str, Maps]] = []
    squares = _squares(shown, network.input_size_px)
    for start in range(0, len(squares), BATCH):
        some = slice(start, start + BATCH)
        photographs = normalise(torch.from_numpy(squares[some]))
        found = attributor.attribute(photographs, torch.from_numpy(unit[some]), methods=methods)
        parts.append({method: found.maps[method].numpy() for method in methods})
    return {method: np.concatenate([part[method] for part in parts]) for method in methods}


def _squares(shown: Pixels, size_px: int) -> npt.NDArray[np.uint8]:
    return shown.centre_squares(np.arange(len(shown)), size_px=size_px)


def _logits(network: Network, squares: npt.NDArray[np.uint8], unit: npt.NDArray[np.int64]) -> Maps:
    parts = []
    with torch.inference_mode():
        for start in range(0, len(squares), BATCH):
            some = slice(start, start + BATCH)
            logits = network(normalise(torch.from_numpy(squares[some])))
            parts.append(logits.numpy()[np.arange(len(logits)), unit[some]])
    return np.concatenate(parts)


def falls_by_patch(studied: Studied) -> Maps:
    """Return by how much the logit falls where a patch is made as grey as the coin's mean (coins x 16)."""
    squares = _squares(studied.shown, studied.network.input_size_px)
    whole = _logits(studied.network, squares, studied.class_index)
    size = squares.shape[-1] // PATCHES
    falls = np.empty((len(squares), PATCHES**2))
    for patch in range(PATCHES**2):
        top, left = size * (patch // PATCHES), size * (patch % PATCHES)
        hidden = squares.copy()
        hidden[..., top : top + size, left : left + size] = squares.mean(axis=(2, 3), keepdims=True)
        falls[:, patch] = whole - _logits(studied.network, hidden, studied.class_index)
    return falls


class Falls(NamedTuple):
    """By how much scores fall where a coin was struck without a symbol (coins x 4 each).

    NaN where there is no symbol, or the coin is not among those that were drawn again.
    """

    of_logit: Maps
    of_likeness: Maps


def falls_by_part(studied: Studied, most: int) -> Falls:
    """Draw the first coins again, each without one of its symbols, and ask both scores anew."""
    where, plans = [], []
    for position, coin in enumerate(studied.drawn[:most]):
        for stamp in coin.plan.die.stamps:
            others = tuple(one for one in coin.plan.die.stamps if one is not stamp)
            where.append((position, stamp.canton - 1))
            plans.append(replace(coin.plan, die=replace(coin.plan.die, stamps=others)))
    rows = np.array([position for position, _ in where])
    falls = Falls(*(np.full((len(studied.drawn), len(CANTONS)), np.nan) for _ in Falls._fields))
    at = tuple(np.array(where).T)
    with tempfile.TemporaryDirectory() as scratch:
        whole = [Path(scratch) / f"whole-{row}.jpg" for row in range(len(studied.drawn))]
        without = [Path(scratch) / f"without-{number}.jpg" for number in range(len(plans))]
        for file, plan in zip(without, plans, strict=True):
            write_picture(file, strike(plan).photograph)
        changed = decoded(without)
        if studied.options.network not in ALIGNED:
            falls.of_logit[at] = _falls_of_logit(studied, changed, rows)
            return falls
        for file, coin in zip(whole, studied.drawn, strict=True):
            write_picture(file, coin.photograph)
        both = decoded([*whole, *without])
    frames = read_frames(studied.layout, usable_coins(studied.layout))
    here = [frames[row] for row in rows]  # where the whole coin lies
    falls.of_logit[at] = _falls_of_logit(studied, Aligned(changed, here), rows)
    cells = torch.from_numpy(describe_in(both, [*frames, *here]))
    for (row, canton), own in zip(where, cells[len(frames) :], strict=True):
        falls.of_likeness[row, canton] = _lead(studied, cells, cells[row], row) - _lead(
            studied, cells, own, row
        )
    return falls


def _falls_of_logit(studied: Studied, changed: Pixels, rows: npt.NDArray[np.int64]) -> Maps:
    side, unit = studied.network.input_size_px, studied.class_index[rows]
    before = _logits(studied.network, _squares(studied.shown, side)[rows], unit)
    return before - _logits(studied.network, _squares(changed, side), unit)


def _lead(studied: Studied, cells: torch.Tensor, own: torch.Tensor, row: int) -> float:
    """Return how much better a coin is found in its own cluster than in the nearest other one."""
    likeness = found_in(own[None], cells[: len(studied.drawn)])[0].numpy()
    assert studied.matched is not None
    cluster, rival = studied.class_index, studied.matched.other_cluster[row]
    likeness[row] = -np.inf

    def best(of: int) -> float:
        return float(np.sort(likeness[cluster == of])[-NEIGHBOURS:].mean())

    return best(int(cluster[row])) - best(int(rival))


def match_maps(studied: Studied) -> Mapping[str, Maps]:
    """Return match maps by name: those of the clusters, and of clusters that were shuffled."""
    cells = read_cells(studied.layout, len(studied.drawn))
    by_chance = np.random.default_rng(0).permutation(studied.class_index)
    everyone = np.arange(len(cells))
    shuffled = MatchMaps(cells, by_chance, device=DEVICE).of(everyone)
    assert studied.matched is not None
    return {"match": studied.matched.maps, "null of match: shuffled clusters": shuffled.maps}


def measure(maps: Maps, studied: Studied, patches: Maps, parts: Maps) -> pd.DataFrame:
    """Return a row for each coin: its figures; NaN where there is nothing to measure."""
    rows = []
    for one, symbols, coin, by_patch, by_part in zip(
        maps, studied.symbols, studied.coin, patches, parts, strict=True
    ):
        heat, all_symbols = np.maximum(one.astype(np.float64), 0), symbols.sum(axis=0)
        known = ~np.isnan(by_part)
        there = (heat * symbols).sum(axis=(1, 2))[known]
        on_symbols = _density(heat, all_symbols)
        rows.append(
            (
                on_symbols / heat.mean() if heat.any() else np.nan,
                on_symbols / _density(heat, coin) if (heat * coin).any() else np.nan,
                _correlation(_by_patch(heat), by_patch),
                _correlation(there, by_part[known]),
            )
        )
    return pd.DataFrame(rows, columns=["symbols", "symbols/coin", "deletion", "parts"])


def _density(heat: Maps, place: Maps) -> float:
    return float((heat * place).sum() / place.sum()) if place.any() else np.nan


def _by_patch(heat: Maps) -> Maps:
    """Return the heat in each of 4 x 4 patches, cells on a border divided between them (16)."""
    cells = len(heat)
    fine = np.repeat(np.repeat(heat, PATCHES, axis=0), PATCHES, axis=1)
    found: Maps = fine.reshape(PATCHES, cells, PATCHES, cells).sum(axis=(1, 3)).ravel()
    return found


def _correlation(heat: Maps, falls: Maps) -> float:
    if len(heat) < 2 or np.ptp(heat) == 0 or np.ptp(falls) == 0:
        return np.nan
    return float(spearmanr(heat, falls).statistic)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each map: means over coins, with their intervals."""
    generator = np.random.default_rng(0)
    table = {}
    for name, own in rows.groupby("map", sort=False):
        cells = {}
        for figure in ("symbols", "symbols/coin", "deletion", "parts"):
            values = own[figure].dropna().to_numpy()
            if not len(values):
                cells[figure] = "-"
                continue
            drawn = generator.choice(values, (SAMPLES, len(values))).mean(axis=1)
            low, high = np.percentile(drawn, (2.5, 97.5))
            cells[figure] = f"{values.mean():.2f} ({low:.2f} to {high:.2f})"
        table[name] = {**cells, "coins": int(own["symbols"].notna().sum())}
    return pd.DataFrame(table).T


if __name__ == "__main__":
    main()
