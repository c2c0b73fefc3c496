"""The table of parts that a person marks on coins: which area of which photograph is which part."""

import logging
import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

import pandas as pd

from coin_xai.catalogue.matching import rows_by_coin, rows_by_file
from coin_xai.catalogue.table import read_table
from coin_xai.catalogue.wording import count, printable, quoted, some
from coin_xai.errors import CatalogueError

log = logging.getLogger(__name__)

ID, FILES, PART, MASK = "coin_id", ("file", "path"), "part", "mask"
EDGES = ("left", "top", "right", "bottom")
BETWEEN = "|"
"""Stands between the names of several parts, so in none of them."""
LONGEST_NAME = 60

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class MarkedArea:
    """One row of the table.

    Attributes:
        row: its number, as a spreadsheet shows it.
        coin_id: of the coin.
        part: name of the part.
        box: left, top, right and bottom in pixels of the photograph as it is upright; None where a mask alone
            says it.
        mask: path of a picture that is white on the part, as the table has it; with a box, what is white
            within the box counts.
    """

    row: int
    coin_id: str
    part: str
    box: Box | None
    mask: str | None


def read_marked(
    data: bytes, coins: pd.DataFrame, *, name: str, reserved: Collection[str] = ()
) -> list[MarkedArea]:
    """Return the areas that a table of parts marks, in its order.

    Capitals, and whether words are divided by blanks or `_`, make no other part. Rows of photographs that
    could not be read are left out.

    Args:
        data: content of a CSV, XLSX or Parquet table with the columns file or coin_id, part, and left, top,
            right and bottom, or mask, or all of these; several rows may mark areas of one part of a coin.
        coins: of a run: coin_id, path, collection, inventory, width and height of the upright photograph, and
            error.
        name: of the file, for messages.
        reserved: names that no part may have.

    Raises:
        CatalogueError: the file is no such table, no row is about a coin of the run, or a row is not as it
            should be; it says which row and column, and what to do.
    """
    table = read_table(data, name=name)
    edges = _require_columns(table, name)
    column, coin_of = _coins_of(table, coins, name)
    known = coins.set_index("coin_id")
    unread = set(known.index[known["error"].notna()])
    areas, left_out = [], 0
    for position, (row, cells) in enumerate(zip(table.index, table.to_dict("records"), strict=True)):
        where = f"row {row} of {name}"
        coin_id = coin_of[position]
        if coin_id is None:
            raise CatalogueError(
                f"{where}, column {column}: {quoted(cells[column])} is no photograph of the run; name one "
                f"as the run does ({some(coins['path' if column != ID else ID])}), or leave the row out"
            )
        part = _part(cells[PART], where, reserved)
        if coin_id in unread:
            left_out += 1
            continue
        size = int(known.at[coin_id, "width"]), int(known.at[coin_id, "height"])
        mask = cells.get(MASK)
        box = _box(cells, where, size, str(known.at[coin_id, "path"])) if edges else None
        if box is None and mask is None:
            raise CatalogueError(
                f"{where} marks nothing; give {', '.join(EDGES)}, or a mask, or leave it out"
            )
        areas.append(MarkedArea(int(row), coin_id, part, box, mask))
    if left_out:
        log.warning("%s of %s of photographs that cannot be read", count(left_out, "row"), name)
    if not areas:
        raise CatalogueError(f"{name} marks parts of no coin of the run that can be read; mark some")
    return areas


def _require_columns(table: pd.DataFrame, name: str) -> bool:
    """Refuse a table without the columns that it needs, and tell whether it has boxes."""
    has = f"it has: {', '.join(table.columns)}"
    if not {ID, *FILES} & {*table}:
        raise CatalogueError(f"{name} has no column file or {ID} to know photographs by; {has}")
    if PART not in table:
        raise CatalogueError(f"{name} has no column {PART}, which names what is marked; {has}")
    there = [edge for edge in EDGES if edge in table]
    lacking = [edge for edge in EDGES if edge not in table]
    if lacking and (there or MASK not in table):
        instead = "" if there else ", and no column mask instead"
        raise CatalogueError(
            f"{name} has no column {', '.join(lacking)}{instead}; a box has {', '.join(EDGES)}, {has}"
        )
    return not lacking


def _coins_of(table: pd.DataFrame, coins: pd.DataFrame, name: str) -> tuple[str, list[str | None]]:
    """Return which column names the photographs, and the coin_id of each row, None where there is none."""
    column = next(one for one in (*FILES, ID) if one in table)
    blank = table.index[table[column].isna()]
    if len(blank):
        raise CatalogueError(
            f"row {blank[0]} of {name}, column {column}: is empty; name the photograph, or leave the row out"
        )
    rows = rows_by_coin(coins, table[column]) if column == ID else rows_by_file(coins, table[column])
    found: list[list[str]] = [[] for _ in range(len(table))]
    for coin_id, positions in zip(coins["coin_id"], rows, strict=True):
        for position in positions:
            found[position].append(coin_id)
    if not any(found):
        cells, has = some(map(quoted, table[column].unique())), some(coins["path" if column != ID else ID])
        raise CatalogueError(
            f"{name} has no coin of the run in it: the column {column} says {cells}; the run has {has}"
        )
    for position, names in enumerate(found):
        if len(names) > 1:
            said = quoted(table[column].iloc[position])
            raise CatalogueError(
                f"row {table.index[position]} of {name}, column {column}: {said} fits several photographs "
                f"({some(names)}); an area is marked on one, so name it with its folder, or by its coin_id"
            )
    return column, [names[0] if names else None for names in found]


def _part(cell: str | None, where: str, reserved: Collection[str]) -> str:
    """Return the name of a part, written in one way."""
    if cell is None:
        raise CatalogueError(f"{where}, column {PART}: is empty; name the part, such as `horizontal bar`")
    part = re.sub(r"[\s_]+", " ", normalize("NFC", cell)).strip().lower()
    if not part or printable(cell) != cell or BETWEEN in part or len(part) > LONGEST_NAME:
        raise CatalogueError(
            f"{where}, column {PART}: {quoted(cell)} is no name of a part; take words of at most "
            f"{LONGEST_NAME} signs, without {BETWEEN} and line ends"
        )
    if part in reserved:
        raise CatalogueError(
            f"{where}, column {PART}: `{part}` means something else among the measurements; take another word"
        )
    return part


def _box(cells: Mapping[Any, str | None], where: str, size: tuple[int, int], photograph: str) -> Box | None:
    """Return a box, None where all of its cells are empty."""
    if all(cells[edge] is None for edge in EDGES):
        return None
    left, top, right, bottom = (_number(cells[edge], f"{where}, column {edge}") for edge in EDGES)
    width, height = size
    for edge, value, end in zip(EDGES, (left, top, right, bottom), (width, height) * 2, strict=True):
        if not 0 <= value <= end:
            raise CatalogueError(
                f"{where}, column {edge}: {value:g} lies outside of the photograph {photograph}, which is "
                f"{width} x {height} pixels when it is upright; give 0 to {end}"
            )
    for first, low, second, high in (("left", left, "right", right), ("top", top, "bottom", bottom)):
        if not low < high:
            raise CatalogueError(
                f"{where}, columns {first} and {second}: the box is empty, since {second} ({high:g}) is not "
                f"more than {first} ({low:g}); give a larger {second}"
            )
    return left, top, right, bottom


def _number(cell: str | None, where: str) -> float:
    if cell is None:
        raise CatalogueError(f"{where}: is empty; a box has {', '.join(EDGES)}")
    try:
        number = float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise CatalogueError(f"{where}: {quoted(cell)} is no number; give pixels, such as 120 or 120.5")
    return number
