"""The coins that `partitions.py` measures on, with what is known about each."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from training import decoded

from coin_xai.mint import Issue
from coin_xai.photographs.pixels import Pixels
from coin_xai.photographs.quality import measure
from tasks.photographs.write_drawn_coins import write_drawn_coins

COHERENT_MOTIFS = ("legend", "wreath", "building", "altar", "head_bust", "figure_seated")
INCOHERENT_MOTIFS = ("other", "ship_dolphin")
ISSUE = Issue(coins=800, types=20, seed=8, collections=4)

Labels = dict[str, npt.NDArray[np.str_]]


@dataclass(frozen=True, eq=False)
class CoinSet:
    """Photographs with labels, each N strings, "" where nothing is known.

    Attributes:
        k: clusters to make.
        coin_id: of each; both sides of a coin share theirs.
        meanings: what a partition should find, the first being the one that neighbours are asked for.
        nuisances: what it should not.
    """

    pixels: Pixels
    k: int
    coin_id: list[str]
    meanings: Labels
    nuisances: Labels


def ocre_reverses(folder: Path, most: int | None) -> CoinSet:
    """Return the reverses of ocre-berlin: motif, the six motifs that look alike, and metal."""
    table = labelled(folder / "labels.csv", most)
    motif = table["motif"]
    return CoinSet(
        pixels=decoded([folder / file for file in table["reverse_file"]]),
        k=26,
        coin_id=list(table["id"]),
        meanings={
            "motif": strings(motif.where(~motif.isin(INCOHERENT_MOTIFS), "")),
            "six motifs": strings(motif.where(motif.isin(COHERENT_MOTIFS), "")),
        },
        nuisances={"metal": strings(table["metal"])},
    )


def ocre_sides(folder: Path, most: int | None) -> CoinSet:
    """Return both sides of the coins of ocre-berlin."""
    table = labelled(folder / "labels.csv", most)
    files = [*table["obverse_file"], *table["reverse_file"]]
    twice = pd.concat([table, table])
    return CoinSet(
        pixels=decoded([folder / file for file in files]),
        k=2,
        coin_id=list(twice["id"]),
        meanings={"side": np.repeat(["obverse", "reverse"], len(table))},
        nuisances={"metal": strings(twice["metal"])},
    )


def euro(folder: Path, most: int | None) -> CoinSet:
    """Return the euros: denomination, and how light the corners of the photograph are."""
    table = labelled(folder / "labels.csv", most)
    pixels = decoded([folder / file for file in table["file"]])
    background = [measure(pixels[position]).background for position in range(len(pixels))]
    return CoinSet(
        pixels=pixels,
        k=8,
        coin_id=list(table["file"]),
        meanings={"denomination": strings(table["label"])},
        nuisances={"background": quintiles(pd.Series(background))},
    )


def minted(_folder: Path, most: int | None, issue: Issue = ISSUE) -> CoinSet:
    """Draw coins; wear and the lamp's angle are cut into fifths."""
    with tempfile.TemporaryDirectory() as scratch:
        truths = write_drawn_coins(Path(scratch) / "minted", issue)
        table = labelled(truths, most)
        pixels = decoded([truths.parent / file for file in table["file"]])
    return CoinSet(
        pixels=pixels,
        k=issue.types,
        coin_id=list(table["coin_id"]),
        meanings={"type": strings(table["type"])},
        nuisances={
            "light": quintiles(table["light_angle_deg"]),
            "wear": quintiles(table["wear"]),
            "background": strings(table["background"]),
            "collection": strings(table["collection"]),
        },
    )


SETS: dict[str, tuple[str | None, Callable[[Path, int | None], CoinSet]]] = {
    "ocre-reverses": ("ocre-berlin", ocre_reverses),
    "ocre-sides": ("ocre-berlin", ocre_sides),
    "euro-kaa": ("euro-kaa", euro),
    "minted": (None, minted),
    "minted at any angle": (None, partial(minted, issue=replace(ISSUE, rotation_spread_deg=180))),
}
"""Name to the folder that is needed, if any, and what reads it, given the most coins to take."""


def labelled(path: Path, most: int | None) -> pd.DataFrame:
    """Return a table of labels, or so many of its rows, evenly spread."""
    table = pd.read_csv(path, keep_default_na=False)
    if most is None or most >= len(table):
        return table
    return table.iloc[np.linspace(0, len(table) - 1, most).astype(int)].reset_index(drop=True)


def strings(values: pd.Series) -> npt.NDArray[np.str_]:
    """Return a column as labels."""
    return np.array(values.astype(str), dtype=np.str_)


def quintiles(values: pd.Series) -> npt.NDArray[np.str_]:
    """Return the fifth of all coins that each belongs to by a measure."""
    return strings(pd.qcut(values, 5, labels=False, duplicates="drop"))
