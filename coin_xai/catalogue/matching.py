"""Which rows of a table speak of which photograph: by the name of the file, or by the name of the coin."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any
from unicodedata import normalize

import pandas as pd

Rows = list[list[int]]
"""For each photograph the positions of the rows that speak of it."""

Parts = tuple[str, ...]


def rows_by_file(coins: pd.DataFrame, files: pd.Series) -> Rows:
    """Match by path: the folders that both name are the same, counted from the end.

    So the table may hold absolute paths of another machine. A photograph and a row go together when each is
    the other's best: the one with which it shares the most parts, and of these an equal one if there is one.
    """
    photographs = [_parts(path) for path in coins["path"].tolist()]
    names = {parts[-1] for parts in photographs}
    entries = {row: _parts(value) for row, value in enumerate(files.tolist()) if value is not None}
    entries = {row: parts for row, parts in entries.items() if parts[-1] in names}
    by_whole, by_tail = defaultdict(list), defaultdict(list)
    for row, parts in entries.items():
        by_whole[parts].append(row)
        for length in range(1, len(parts) + 1):
            by_tail[parts[-length:]].append(row)
    scores: dict[tuple[int, int], tuple[int, bool]] = {}
    for position, own in enumerate(photographs):
        for length in range(1, len(own)):
            scores.update({(position, row): (length, False) for row in by_whole.get(own[-length:], ())})
        scores.update({(position, row): (len(own), entries[row] == own) for row in by_tail.get(own, ())})
    best_row = _best((position, score) for (position, _), score in scores.items())
    best_photograph = _best((row, score) for (_, row), score in scores.items())
    rows: Rows = [[] for _ in photographs]
    for (position, row), score in scores.items():
        if score == best_row[position] == best_photograph[row]:
            rows[position].append(row)
    return rows


def rows_by_coin(coins: pd.DataFrame, names: pd.Series, *, inventory_alone: bool = False) -> Rows:
    """Match by name: the coin_id, else `collection_inventory`, which stands for both sides of a coin.

    Between collection and inventory, `_`, `-` and a blank are the same.

    Args:
        coins: as from `catalogue`.
        names: values of a column of the table.
        inventory_alone: let the inventory number suffice where neither fits. Running numbers look the same,
            so only a user can tell.
    """
    by_name, by_coin = defaultdict(list), defaultdict(list)
    for row, value in enumerate(names.tolist()):
        if value is not None:
            name = normalize("NFC", value)
            by_name[name].append(row)
            by_coin[_one_separator(name)].append(row)
    rows = []
    columns = (coins[name].tolist() for name in ("coin_id", "collection", "inventory"))
    for coin_id, collection, inventory in zip(*columns, strict=True):
        found = by_name.get(coin_id, [])
        if not found and collection and inventory:
            found = by_coin.get(_one_separator(f"{collection}_{inventory}"), [])
        if not found and inventory and inventory_alone:
            found = by_name.get(inventory, [])
        rows.append(found)
    return rows


def _parts(path: str) -> Parts:
    """Split a path of any system into its parts, the suffix of the file in lower case."""
    parts = [part for part in normalize("NFC", path).replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts:
        return ("",)
    name = PurePosixPath(parts[-1])
    return (*parts[:-1], name.stem + name.suffix.lower())


def _best(scores: Iterable[tuple[int, Any]]) -> dict[int, Any]:
    best: dict[int, Any] = {}
    for key, score in scores:
        best[key] = max(score, best.get(key, score))
    return best


def _one_separator(name: str) -> str:
    return name.replace("-", "_").replace(" ", "_")
