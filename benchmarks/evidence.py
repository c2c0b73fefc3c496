"""Where the heat of drawn coins lies: on their symbols, on the coin, or beside it.

    coin-xai mint coins --coins 360 --types 12 --seed 7
    coin-xai study coins --k 12 --epochs 6 --name drawn
    python benchmarks/evidence.py coins/truths.csv runs/drawn [ANOTHER RUN ...]

Types of drawn coins differ in the symbols of their four cantons, and in nothing else. So maps that explain
why a coin is in a cluster of its type should be warm there. For each method whose maps a run kept, the share
of the heat that lies on symbols is divided by the share of the square that they take up, and so for the
coin: 1 is what heat without any preference has. Means over the coins that have any heat.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.attribution.methods import MAP_METHODS
from coin_xai.photographs.pixels import centre_square_box
from storage.layout import RunLayout
from storage.maps import read_maps

SYMBOL_CENTRE, SYMBOL_RADIUS = 0.42, 0.3
"""Of a symbol in its canton, across and down, in radii of the die."""
POINTS = 8
"""Along a side of each cell of a map, where it is asked what lies there."""

Shares = npt.NDArray[np.float64]


def main() -> None:
    """Print a table for each run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("truths", type=Path, help="table of the truths, as the mint leaves it")
    parser.add_argument("runs", type=Path, nargs="+", help="folder of a run, explained")
    arguments = parser.parse_args()
    truths = pd.read_csv(arguments.truths, keep_default_na=False).set_index("coin_id")
    for run in arguments.runs:
        print(run.name)
        print(found_in(RunLayout(run), truths).to_string(float_format="{:.2f}".format))


def found_in(layout: RunLayout, truths: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each method: coins with heat, and its preference for symbols and for the coin."""
    rows = []
    for file in sorted(layout.latest.glob("maps/*/*/maps.parquet")):
        coin_ids, columns = read_maps(file)
        for position, coin_id in enumerate(coin_ids):
            maps = {name: columns[name][position] for name in MAP_METHODS if name in columns}
            symbols, coin = places(truths.loc[coin_id], maps["grad_cam"].shape)
            for name, one in maps.items():
                heat = np.maximum(one.astype(np.float64), 0)
                if heat.sum() > 0:
                    heat /= heat.sum()
                    on = ((heat * part).sum() / part.mean() for part in (symbols, coin))
                    rows.append((name, *on))
    table = pd.DataFrame(rows, columns=["method", "on symbols", "on the coin"]).groupby("method")
    return table.mean().assign(coins=table.size()).sort_values("on symbols", ascending=False)


def places(truth: pd.Series, cells: tuple[int, int]) -> tuple[Shares, Shares]:
    """Return which share of each cell of a map lies on symbols, and on the coin (each h x w)."""
    height, width = cells
    left, top, side = centre_square_box(truth["height_px"], truth["width_px"])
    across = left + side * (np.arange(POINTS * width) + 0.5) / (POINTS * width)
    down = top + side * (np.arange(POINTS * height)[:, None] + 0.5) / (POINTS * height)
    from_centre = (
        across - truth["centre_x"] * truth["width_px"],
        down - truth["centre_y"] * truth["height_px"],
    )
    turn = np.radians(truth["rotation_deg"])
    radius = truth["die_radius"] * max(truth["height_px"], truth["width_px"])
    right = (from_centre[0] * np.cos(turn) - from_centre[1] * np.sin(turn)) / radius
    below = (from_centre[0] * np.sin(turn) + from_centre[1] * np.cos(turn)) / radius
    symbols = np.zeros(right.shape, dtype=bool)
    for canton, (x, y) in enumerate([(-1, -1), (1, -1), (-1, 1), (1, 1)], start=1):
        if truth[f"canton_{canton}"]:
            symbols |= np.hypot(right - SYMBOL_CENTRE * x, below - SYMBOL_CENTRE * y) < SYMBOL_RADIUS
    coin = np.hypot(right, below) < truth["flan_radius"] / truth["die_radius"]

    def share(inside: npt.NDArray[np.bool_]) -> Shares:
        shares: Shares = inside.reshape(height, POINTS, width, POINTS).mean(axis=(1, 3))
        return shares

    return share(symbols), share(coin)


if __name__ == "__main__":
    main()
