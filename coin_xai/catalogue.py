"""Which coins there are: names of files, sides, and the table of coins."""

import csv
import io
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import pandas as pd

from coin_xai.errors import CatalogueError

log = logging.getLogger(__name__)

DEFAULT_PATTERN = r"(?P<collection>[^\W\d_]+)[_ -](?P<inventory>[\w.-]*\d[\w.-]*)[_ -](?P<side>[^\W\d_]+)"
"""Such as BN_3023_R or BN_2955A_avers: letters, an inventory number, a side, with a separator between."""

SIDES = {
    **dict.fromkeys(("r", "rev", "revers", "reverse", "rückseite"), "reverse"),
    **dict.fromkeys(("a", "d", "o", "obv", "avers", "droit", "obverse", "vorderseite"), "obverse"),
}
PARTS = ("collection", "inventory", "side")
OURS = ("coin_id", "path", *PARTS, "sha256", "width", "height", "format", "duplicate_of", "error")
NAMED_AT_MOST = 5


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


def catalogue(paths: Iterable[str], *, pattern: str | None = DEFAULT_PATTERN) -> pd.DataFrame:
    """Name the coins of some photographs.

    A file whose name, without folder and suffix, matches the pattern as a whole is called by that name, and
    the parts of the name become columns. Any other is called by its relative path without suffix.

    Args:
        paths: of the photographs, relative, with `/` between folders.
        pattern: regular expression with the named groups collection, inventory, side, or some of them.

    Returns:
        One row a photograph, by coin_id: coin_id, path, collection, inventory, side.

    Raises:
        CatalogueError: the pattern is none, two photographs have one name, or a side is no known word.
    """
    expression = _compile(pattern)
    rows = [_name(path, expression) for path in paths]
    coins = pd.DataFrame(rows, columns=["coin_id", "path", *PARTS], dtype=object)
    coins = coins.sort_values("coin_id", kind="stable").reset_index(drop=True)
    doubled = coins[coins["coin_id"].duplicated(keep=False)]
    if len(doubled):
        raise CatalogueError(
            f"{len(doubled)} photographs share their coin_id with another: {_some(doubled['path'])}; "
            "rename them or give another --name-pattern"
        )
    strange = coins[coins["side"].notna() & ~coins["side"].str.casefold().isin(SIDES)]
    if len(strange) and pattern != DEFAULT_PATTERN:
        raise CatalogueError(
            f"the side of {len(strange)} photographs is no known word ({', '.join(sorted(SIDES))}): "
            f"{_some(strange['path'])}; rename them or give another --name-pattern"
        )
    coins["side"] = coins["side"].str.casefold().map(SIDES)
    return coins


def read_table(data: bytes, *, name: str) -> pd.DataFrame:
    """Read a CSV or XLSX table of coins; every value stays the text that it is, blanks become null.

    Raises:
        CatalogueError: the file is no table, or two columns have one name.
    """
    rows = _xlsx_rows(data, name) if data[:4] == b"PK\x03\x04" else _csv_rows(data, name)
    if len(rows) < 2:
        raise CatalogueError(f"{name} has no rows below its header")
    header = [str(cell or "").strip() for cell in rows[0]]
    while header and not header[-1]:
        header.pop()
    wrong = sorted({column or "(no name)" for column in header if not column or header.count(column) > 1})
    if wrong:
        raise CatalogueError(f"{name} has columns without a name of their own: {', '.join(wrong)}")
    body = [[_text(cell) for cell in [*row, *[None] * len(header)][: len(header)]] for row in rows[1:]]
    table = pd.DataFrame(body, columns=header, dtype=object)
    return table[table.notna().any(axis=1)].reset_index(drop=True)


def join_table(
    coins: pd.DataFrame, table: pd.DataFrame, *, file_column: str | None = None, id_column: str | None = None
) -> tuple[pd.DataFrame, TableMatch]:
    """Put the columns of a table of coins behind the coins.

    Files match when the folders that both name are the same, counted from the end, so the table may hold
    absolute paths of another machine. Columns that would hide one of ours get the prefix `table_`.

    Args:
        coins: as from `catalogue`.
        table: as from `read_table`.
        file_column: column of the table that names the files.
        id_column: column of the table that holds the coin_id, instead.

    Raises:
        CatalogueError: no such column, no column that fits, or two rows for one photograph.
    """
    for option, column in (("--file-column", file_column), ("--id-column", id_column)):
        if column is not None and column not in table.columns:
            raise CatalogueError(
                f"the table has no column {column} ({option}); it has: {', '.join(table.columns)}"
            )
    if id_column is not None:
        column, rows = id_column, _rows_by_id(coins, table[id_column])
    elif file_column is not None:
        column, rows = file_column, _rows_by_file(coins, table[file_column])
    else:
        column, rows = _best_column(coins, table)
    _refuse_doubled_rows(coins, table[column], rows)
    renamed = table.rename(columns={name: f"table_{name}" for name in table.columns if name in OURS})
    joined = coins.copy()
    first = [found[0] if found else None for found in rows]
    for name in renamed.columns:
        values = renamed[name].tolist()
        joined[name] = pd.Series([None if row is None else values[row] for row in first], dtype=object)
    used = {row for row in first if row is not None}
    return joined, TableMatch(
        column=column,
        photographs_without_row=tuple(
            coin for coin, row in zip(coins["coin_id"], first, strict=True) if row is None
        ),
        rows_without_photograph=tuple(
            str(value) for row, value in enumerate(table[column]) if row not in used and value is not None
        ),
    )


def _compile(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        expression = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise CatalogueError(f"--name-pattern {pattern!r} is no regular expression: {error}") from error
    if not set(expression.groupindex) <= set(PARTS):
        raise CatalogueError(
            f"--name-pattern {pattern!r} may name the groups {', '.join(PARTS)} and no others"
        )
    return expression


def _name(path: str, expression: re.Pattern[str] | None) -> list[Any]:
    whole = PurePosixPath(path)
    match = expression.fullmatch(whole.stem) if expression else None
    known_side = match is not None and (match.groupdict().get("side") or "r").casefold() in SIDES
    if match is None or (expression is not None and expression.pattern == DEFAULT_PATTERN and not known_side):
        return [whole.with_suffix("").as_posix(), path, None, None, None]
    return [whole.stem, path, *(match.groupdict().get(part) for part in PARTS)]


def _csv_rows(data: bytes, name: str) -> list[list[Any]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        log.warning("%s is not UTF-8; read as Windows-1252", name)
        text = data.decode("cp1252", errors="replace")
    if "\0" in text:
        raise CatalogueError(f"{name} is neither CSV nor XLSX")
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise CatalogueError(f"{name} is no proper CSV: {error}") from error


def _xlsx_rows(data: bytes, name: str) -> list[list[Any]]:
    try:
        frame = pd.read_excel(io.BytesIO(data), header=None, dtype=object, engine="openpyxl")
    # A broken workbook makes openpyxl raise almost anything.
    except Exception as error:
        raise CatalogueError(f"{name} is no readable XLSX workbook ({error}); save it anew") from error
    rows: list[list[Any]] = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    return rows


def _text(cell: Any) -> str | None:
    if cell is None or cell != cell:
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip() or None


def _rows_by_id(coins: pd.DataFrame, ids: pd.Series) -> list[list[int]]:
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(ids):
        if value is not None:
            rows.setdefault(value, []).append(row)
    return [rows.get(coin_id, []) for coin_id in coins["coin_id"]]


def _rows_by_file(coins: pd.DataFrame, files: pd.Series) -> list[list[int]]:
    """Return the rows of each photograph: those that share the most trailing parts, at least the name."""
    by_name: dict[str, list[tuple[list[str], int]]] = {}
    for row, value in enumerate(files):
        if value is not None:
            parts = _parts(value)
            by_name.setdefault(parts[-1], []).append((parts, row))
    result = []
    for path in coins["path"]:
        own = _parts(path)
        scored = [(_shared_tail(own, parts), row) for parts, row in by_name.get(own[-1], [])]
        best = max((score for score, _ in scored), default=0)
        result.append([row for score, row in scored if score == best])
    return result


def _parts(path: str) -> list[str]:
    """Split a path of any system into its parts, the suffix of the file in lower case."""
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
    if not parts:
        return [""]
    name = PurePosixPath(parts[-1])
    return [*parts[:-1], name.stem + name.suffix.lower()]


def _shared_tail(first: list[str], second: list[str]) -> int:
    """Count equal parts from the end; 0 when a folder that both name differs."""
    length = min(len(first), len(second))
    return length if first[-length:] == second[-length:] else 0


def _best_column(coins: pd.DataFrame, table: pd.DataFrame) -> tuple[str, list[list[int]]]:
    """Find the column that names the most photographs; by file first, since files are surer than names."""
    best: tuple[int, str, list[list[int]]] = (0, "", [])
    for lookup in (_rows_by_file, _rows_by_id):
        for column in table.columns:
            rows = lookup(coins, table[column])
            matched = sum(1 for found in rows if found)
            if matched > best[0]:
                best = (matched, column, rows)
    if best[0] == 0:
        raise CatalogueError(
            f"no column of the table names the photographs (such as {coins['path'].iloc[0]}); say which one "
            f"does with --file-column or --id-column; it has: {', '.join(table.columns)}"
        )
    return best[1], best[2]


def _refuse_doubled_rows(coins: pd.DataFrame, values: pd.Series, rows: list[list[int]]) -> None:
    doubled = [
        f"{coin_id} (rows {', '.join(str(row + 2) for row in found)})"
        for coin_id, found in zip(coins["coin_id"], rows, strict=True)
        if len(found) > 1
    ]
    if doubled:
        raise CatalogueError(
            f"the table has more than one row by {values.name} for {len(doubled)} photographs: "
            f"{_some(doubled)}"
        )


def _some(names: Iterable[str]) -> str:
    names = list(names)
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more
