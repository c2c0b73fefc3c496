"""The columns of a table of coins, put behind the photographs that its rows speak of."""

from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from coin_xai.catalogue.matching import Rows, rows_by_coin, rows_by_file
from coin_xai.catalogue.names import COLUMNS
from coin_xai.catalogue.wording import count, some
from coin_xai.errors import CatalogueError

OURS = {
    *COLUMNS,
    # what ingest finds,
    *("sha256", "width", "height", "format", "duplicate_of", "photograph_note"),
    # what the training says,
    *("cluster", "class_index", "distance", "score", "margin", "stability", "cluster_name"),
    *("runner_up_cluster", "head_cluster", "head_agrees"),
    # and what the explanation adds.
    *("fold", "recognised", "recognised_as", "maps_are_evidence"),
    *("cam_maximum", "no_positive_evidence", "photograph", "grad_cam", "guided_grad_cam"),
}
"""Columns that a run gives to its coins, now or later."""


@dataclass(frozen=True)
class TableMatch:
    """How a table of coins fits the photographs.

    Attributes:
        column: of the table that named the photographs.
        photographs_without_row: coin_ids that the table does not speak of.
        rows_without_photograph: what the column says in rows that no photograph belongs to.
    """

    column: str
    photographs_without_row: tuple[str, ...]
    rows_without_photograph: tuple[str, ...]


def join_table(
    coins: pd.DataFrame, table: pd.DataFrame, *, file_column: str | None = None, id_column: str | None = None
) -> tuple[pd.DataFrame, TableMatch]:
    """Put the columns of a table of coins behind the coins.

    A row speaks of a photograph when the one column that names them holds its file (`rows_by_file`) or its
    coin (`rows_by_coin`): the coin_id, or `collection_inventory`, such as BN_3023, for both sides at once.
    Without a choice, the column that names the most photographs is taken. Columns that would hide one of
    ours get the prefix `table_`.

    Args:
        coins: as from `catalogue`.
        table: as from `read_table`.
        file_column: column of the table that names the files.
        id_column: column of the table that names the coins, instead; here the inventory number alone does
            as well.

    Raises:
        CatalogueError: no such column, no column that fits, two rows for one photograph, or one row for
            photographs of different coins.
    """
    column, rows = _choose(coins, table, file_column, id_column)
    refuse_doubled_rows(coins, table[column], rows)
    refuse_shared_rows(coins, table[column], rows)
    of_photograph = [found[0] if found else None for found in rows]
    joined = coins.copy()
    for name, shown in _free_names(table).items():
        values = table[name].tolist()
        joined[shown] = pd.Series(
            [None if row is None else values[row] for row in of_photograph], dtype=object
        )
    used = set(of_photograph)
    return joined, TableMatch(
        column=column,
        photographs_without_row=tuple(
            coin for coin, row in zip(coins["coin_id"], of_photograph, strict=True) if row is None
        ),
        rows_without_photograph=tuple(
            value for row, value in enumerate(table[column]) if row not in used and value is not None
        ),
    )


def _choose(
    coins: pd.DataFrame, table: pd.DataFrame, file_column: str | None, id_column: str | None
) -> tuple[str, Rows]:
    if file_column is not None and id_column is not None:
        raise CatalogueError("--file-column and --id-column exclude each other; give one of them")
    if file_column is not None:
        _require_column(table, file_column, "--file-column")
        rows = rows_by_file(coins, table[file_column])
        _require_match(table[file_column], rows, "--file-column", coins["path"])
        return file_column, rows
    if id_column is not None:
        _require_column(table, id_column, "--id-column")
        rows = rows_by_coin(coins, table[id_column], inventory_alone=True)
        _require_match(table[id_column], rows, "--id-column", coins["coin_id"])
        return id_column, rows
    return _best_column(coins, table)


def _best_column(coins: pd.DataFrame, table: pd.DataFrame) -> tuple[str, Rows]:
    """Find the column that names the most photographs; by file first, since files are surer than names."""
    candidates = [
        (str(column), lookup(coins, table[column]))
        for lookup in (rows_by_file, rows_by_coin)
        for column in table.columns
    ]
    # A column that names a photograph once is better than one that names it in several rows.
    column, rows = max(
        candidates, key=lambda one: (sum(len(found) == 1 for found in one[1]), sum(map(bool, one[1])))
    )
    if not any(rows):
        raise CatalogueError(
            f"no column of the table names the photographs ({some(coins['path'])}); say which one does with "
            f"--file-column or --id-column; it has: {', '.join(table.columns)}"
        )
    return column, rows


def _require_column(table: pd.DataFrame, column: str, option: str) -> None:
    if column not in table.columns:
        raise CatalogueError(
            f"the table has no column {column} ({option}); it has: {', '.join(table.columns)}"
        )


def _require_match(values: pd.Series, rows: Rows, option: str, names: pd.Series) -> None:
    if not any(rows):
        raise CatalogueError(
            f"the column {values.name} ({option}) names none of the photographs: it says "
            f"{some(values.dropna()) or 'nothing'}; they are {some(names)}"
        )


def refuse_doubled_rows(coins: pd.DataFrame, values: pd.Series, rows: Rows) -> None:
    """Refuse two rows that speak of one photograph.

    Raises:
        CatalogueError: there are such rows.
    """
    doubled = [
        f"{coin_id} (rows {', '.join(str(values.index[row]) for row in found)})"
        for coin_id, found in zip(coins["coin_id"], rows, strict=True)
        if len(found) > 1
    ]
    if doubled:
        raise CatalogueError(
            f"the table has more than one row by {values.name} for {count(len(doubled), 'photograph')}: "
            f"{some(doubled)}; leave one row for each"
        )


def refuse_shared_rows(coins: pd.DataFrame, values: pd.Series, rows: Rows) -> None:
    """Refuse a row that speaks of several photographs, unless they show the sides of one coin.

    Raises:
        CatalogueError: there is such a row.
    """
    paths, distinct = defaultdict(list), defaultdict(set)
    names = coins[["path", "coin_id", "collection", "inventory"]].to_numpy()
    for (path, coin_id, collection, inventory), found in zip(names, rows, strict=True):
        for row in found:
            paths[row].append(path)
            distinct[row].add((collection, inventory) if inventory else coin_id)
    for row in paths:
        if len(distinct[row]) > 1:
            raise CatalogueError(
                f"row {values.index[row]} of the table ({values.name}: {values.iloc[row]}) fits photographs "
                f"of different coins: {some(paths[row])}; give the folder, or the collection, in the table"
            )


def _free_names(table: pd.DataFrame) -> dict[str, str]:
    """Return the name of each column among the coins: its own, if that hides nothing."""
    taken = {*OURS, *table.columns}
    names = {}
    for column in table.columns:
        name = column
        if column in OURS:
            while name in taken:
                name = f"table_{name}"
            taken.add(name)
        names[column] = name
    return names
