"""An issue of drawn coins and a run of it, with what the measures of `evidence.py` ask of both."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.matching.match_maps import Matched, MatchMaps
from coin_xai.mint import Coin, Issue, mint
from coin_xai.networks import ALIGNED, Network, normalise
from coin_xai.photographs.pixels import Pixels
from coin_xai.photographs.square import Square
from flows.parameters import Duration, Photographs, Place
from flows.study import study
from storage.layout import ExplanationLayout, RunLayout
from tasks.collection import open_pixels, usable_coins
from tasks.explaining.attribute import load_network
from tasks.photographs.cells import read_cells
from tasks.photographs.frames import squares_of
from tasks.photographs.outlines import open_shown
from tasks.photographs.write_drawn_coins import write_drawn_coins

SYMBOL_CENTRE, SYMBOL_RADIUS = 0.42, 0.3
"""Of a symbol in its canton, across and down, in radii of the die."""
CANTONS = ((-1, -1), (1, -1), (-1, 1), (1, 1))
POINTS = 8
"""Along a side of each cell of a map, where it is asked what lies there."""
BATCH = 32
DEVICE = torch.device("cpu")

Maps = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Studied:
    """An issue, and the run that was made of it.

    Attributes:
        drawn: the coins.
        network: as it was trained.
        layer: of it, whose maps are explained.
        options: of the training.
        shown: the coins as the network sees them.
        class_index: of each.
        layout: of the run.
        symbols: which share of each cell of a map each symbol takes up (coins x 4 x h x w).
        cross: and the cross (coins x h x w).
        coin: and the coin (coins x h x w).
        matched: what the clustering itself is explained by; None of a network that is shown photographs.
    """

    drawn: list[Coin]
    network: Network
    layer: str
    options: TrainingOptions
    shown: Pixels
    class_index: npt.NDArray[np.int64]
    layout: RunLayout
    symbols: Maps
    cross: Maps
    coin: Maps
    matched: Matched | None


def study_issue(
    folder: Path, issue: Issue, options: TrainingOptions, *, epochs: int, layer: str | None
) -> Studied:
    """Draw an issue unless it is there, study it, and look up what is in the run.

    Args:
        folder: for the coins and the runs.
        issue: the coins.
        options: of the training.
        epochs: to train.
        layer: whose maps are explained; the network's own without it.
    """
    if not (folder / "coins").exists():
        write_drawn_coins(folder / "coins", issue)
    name = f"seed-{options.seed}"
    root = study.fn(
        Photographs(images=folder / "coins"),
        options,
        Duration(epochs=epochs),
        Place(runs=folder / "runs", name=name),
    )
    layout, explanation = RunLayout(folder / "runs" / name), ExplanationLayout(Path(root).resolve())
    trained, options = load_network(layout.root, epochs)
    coins = usable_coins(layout).merge(
        pd.read_parquet(explanation.assignments)[["coin_id", "class_index"]], on="coin_id"
    )
    pixels = open_pixels(layout, coins)
    drawn = {coin.truth.coin_id: coin for coin in mint(issue)}
    ordered = [drawn[coin_id] for coin_id in coins["coin_id"]]
    layer = layer or trained.attribution_layer
    grid = _grid(trained, layer)
    placed = [
        places(coin, square.enlarged(coin.photograph.shape[1]), grid)
        for coin, square in zip(ordered, squares_of(layout, coins, pixels, options), strict=True)
    ]
    symbols, cross, coin = (np.stack(part) for part in zip(*placed, strict=True))
    class_index = coins["class_index"].to_numpy(np.int64, copy=True)
    return Studied(
        ordered,
        trained,
        layer,
        options,
        open_shown(layout, coins, options),
        class_index,
        layout,
        symbols,
        cross,
        coin,
        _matched(layout, class_index) if options.network in ALIGNED else None,
    )


def _matched(layout: RunLayout, class_index: npt.NDArray[np.int64]) -> Matched:
    everyone = np.arange(len(class_index))
    return MatchMaps(read_cells(layout, len(everyone)), class_index, device=DEVICE).of(everyone)


def _grid(network: Network, layer: str) -> int:
    """Return how many cells a map of a layer has along a side."""
    kept: list[int] = []
    hook = network.get_submodule(layer).register_forward_hook(
        lambda _layer, _given, maps: kept.append(maps.shape[-1])
    )
    side = network.input_size_px
    with torch.inference_mode():
        network(torch.zeros(1, 3, side, side))
    hook.remove()
    return kept[0]


def places(coin: Coin, square: Square, cells: int) -> tuple[Maps, Maps, Maps]:
    """Return which share of each cell of a map lies on each part of the design.

    Returns:
        The symbols (4 x h x w), the cross (h x w) and the coin (h x w).
    """
    shot, flan, die = coin.plan.shot, coin.plan.flan, coin.plan.die
    at = (np.arange(POINTS * cells) + 0.5) / (POINTS * cells)
    across, down = square.in_photograph(at[None, :], at[:, None])
    x, y = (
        (one - middle) / shot.radius_px for one, middle in zip((across, down), shot.centre_px, strict=True)
    )
    right, below = flan.to_die(x.astype(np.float32), y.astype(np.float32))
    on_coin = flan.depth(x.astype(np.float32), y.astype(np.float32)) > 0

    def share(inside: npt.NDArray[np.bool_]) -> Maps:
        found: Maps = inside.reshape(cells, POINTS, cells, POINTS).mean(axis=(1, 3))
        return found

    symbols = np.zeros((4, cells, cells))
    for stamp in die.stamps:
        side_x, side_y = CANTONS[stamp.canton - 1]
        middle = np.hypot(right - SYMBOL_CENTRE * side_x, below - SYMBOL_CENTRE * side_y)
        symbols[stamp.canton - 1] = share(middle < SYMBOL_RADIUS)
    bars = (die.horizontal.depth(right, below)[0] > 0) | (die.vertical.depth(below, right)[0] > 0)
    return symbols, share(bars & on_coin), share(on_coin)


def squares(shown: Pixels, size_px: int) -> npt.NDArray[np.uint8]:
    """Return all coins as a network sees them (N x 3 x size x size)."""
    return shown.centre_squares(np.arange(len(shown)), size_px=size_px)


def logits(network: Network, given: npt.NDArray[np.uint8], unit: npt.NDArray[np.int64]) -> Maps:
    """Return the logit of one unit of each square (N)."""
    parts = []
    with torch.inference_mode():
        for start in range(0, len(given), BATCH):
            some = slice(start, start + BATCH)
            found = network(normalise(torch.from_numpy(given[some])))
            parts.append(found.numpy()[np.arange(len(found)), unit[some]])
    return np.concatenate(parts)
