"""The table of coins as a user has it, CSV, XLSX or Parquet, read without guessing what its values mean."""

import csv
import datetime
import io
import logging
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from coin_xai.errors import CatalogueError

log = logging.getLogger(__name__)

DELIMITERS = ",;\t"
ZIP = b"PK\x03\x04"
PARQUET = b"PAR1"
COVERED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")
"""How a text begins that a table of ours, or another careful program, keeps from being run as a formula."""


def read_table(data: bytes, *, name: str) -> pd.DataFrame:
    """Read a CSV, XLSX or Parquet table of coins; every value stays the text that it is, blanks become null.

    The first row that is not blank is the header; blank rows are left out, and a row that ends before the
    header does is filled with nulls. Of a workbook, the first sheet is read. Its dates become ISO 8601,
    its whole numbers lose their `.0`. Texts of CSV and XLSX lose the apostrophe that tables of ours put
    before what looks like a formula.

    Args:
        data: content of the file.
        name: of the file, for messages.

    Returns:
        One row a row, all columns text; the index holds the numbers of the rows as a spreadsheet shows them.

    Raises:
        CatalogueError: the file is no table, two columns have one name, a row is longer than the header, or a
            workbook has merged cells or formulas without results.
    """
    cells = _rows(data, name)
    if not data.startswith(PARQUET):
        cells = [[uncovered(cell) if isinstance(cell, str) else cell for cell in row] for row in cells]
    texts = [[_text(cell) for cell in row] for row in cells]
    rows = {number: row for number, row in enumerate(texts, start=1) if any(row)}
    if len(rows) < 2:
        raise CatalogueError(f"{name} has no rows below its header")
    (_, first), *body = rows.items()
    header = [cell or "" for cell in first]
    while not header[-1]:
        header.pop()
    wrong = sorted({column or "(no name)" for column in header if not column or header.count(column) > 1})
    if wrong:
        raise CatalogueError(f"{name} has columns without a name of their own: {', '.join(wrong)}")
    for number, row in body:
        surplus = [cell for cell in row[len(header) :] if cell]
        if surplus:
            raise CatalogueError(
                f"row {number} of {name} has more cells than the header has columns ({len(header)}), the "
                f"first {surplus[0]!r}; put values that hold the delimiter in quotes, or name the column"
            )
    filled = [[*row, *[None] * len(header)][: len(header)] for _, row in body]
    return pd.DataFrame(filled, columns=header, index=[number for number, _ in body], dtype=object)


def uncovered(text: str) -> str:
    """Return a text of CSV or XLSX without the apostrophe that keeps a spreadsheet from running it."""
    return text[1:] if COVERED.match(text) else text


def read_parquet(data: bytes, *, name: str) -> pd.DataFrame:
    """Return a Parquet table as it is; what pandas kept as a named index becomes columns.

    Raises:
        CatalogueError: the file cannot be read.
    """
    try:
        table = pd.read_parquet(io.BytesIO(data))
    # What Arrow raises of contents are kinds of ValueError and of OSError.
    except (OSError, ValueError, KeyError, NotImplementedError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CatalogueError(f"{name} is no readable Parquet table ({reason}); write it anew") from error
    return table if table.index.names == [None] else table.reset_index()


def _rows(data: bytes, name: str) -> Sequence[Sequence[Any]]:
    """Return the cells of a table, the header first."""
    if data.startswith(ZIP):
        # Imported late: half a second, which other tables do not need.
        from coin_xai.catalogue.workbook import xlsx_rows

        return xlsx_rows(data, name)
    if not data.startswith(PARQUET):
        return _csv_rows(data, name)
    table = read_parquet(data, name=name)
    known = table.astype(object).where(table.notna(), None)
    return [list(table.columns), *known.to_numpy().tolist()]


def _csv_rows(data: bytes, name: str) -> list[list[str]]:
    if b"\0" in data:
        raise CatalogueError(f"{name} is neither CSV nor XLSX; save it as one of them")
    text = _decoded(data, name)
    # What stands in quotes, delimiters and line ends included, is no part of the header's structure.
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n")).partition("\n")[0]
    delimiter = max(DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        raise CatalogueError(f"{name} is no proper CSV at line {reader.line_num}: {error}") from error


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        log.warning("%s is not UTF-8; read as Windows-1252", name)
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError as error:
        raise CatalogueError(f"{name} is neither UTF-8 nor Windows-1252; save it as UTF-8") from error


def _text(cell: Any) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        cell = cell.date()
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return str(cell).strip() or None
