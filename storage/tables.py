"""The tables of a run: written such that a spreadsheet runs nothing of them, and read whoever changed them.

A spreadsheet takes a cell that begins with one of DANGEROUS for a formula and may run it, and names of files
and the columns of a user's table are text that anyone may have chosen. So in CSV such a text, the name of a
column too, stands behind an apostrophe. Who has apostrophes before such a sign gets one more, so that taking
one away gives back every text. Numbers in text columns, such as -27, are no formulas and stay as they are.
Lines end as RFC 4180 says, so that a line end within a text is always in quotes.
"""

import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from storage.errors import DamagedError, MissingError

FROM_COPY = "put it back from a copy, or make the run again under another --name"

DANGEROUS = "=+\\-@\t\r\n＝＋－＠"
"""As the inside of brackets in a regular expression; the wide ones count in spreadsheets of East Asia."""

_PLAIN_NUMBER = r"[+-]?[0-9]+(?:\.[0-9]+)?\Z"
_TO_COVER = re.compile(f"(?!{_PLAIN_NUMBER})'*[{DANGEROUS}]")
_COVERED = re.compile(f"'+[{DANGEROUS}]")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV, without its index; `read_frame` gives back the same texts."""
    safe = frame.rename(columns=_covered)
    for position in _text_columns(frame):
        cells = [_covered(cell) for cell in frame.iloc[:, position]]
        safe.isetitem(position, pd.Series(cells, index=frame.index, dtype=object))
    text: str = safe.to_csv(index=False, lineterminator="\r\n")
    return text.encode()


def read_frame(path: Path, columns: Sequence[str] | None = None, *, remedy: str = FROM_COPY) -> pd.DataFrame:
    """Return a table that is kept as Parquet or CSV, by the suffix of its path.

    Args:
        path: of the file.
        columns: names of those to read; all without it.
        remedy: what to do where it cannot be read.

    Raises:
        MissingError: it is not there.
        DamagedError: it cannot be read, or lacks a column.
    """
    kept = None if columns is None else list(columns)
    try:
        if path.suffix == ".csv":
            return _read_csv(path, kept)
        return pd.read_parquet(path, columns=kept)
    except FileNotFoundError:
        raise MissingError(f"{path} is not there; {remedy}") from None
    # What pandas and Arrow raise of contents are kinds of ValueError and of OSError.
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DamagedError(f"{path} cannot be read ({reason}); {remedy}") from error


def _read_csv(path: Path, columns: list[str] | None) -> pd.DataFrame:
    # This engine alone reads every digit back in all versions of pandas. What it gets is decoded here, so
    # that it finds no line ends but those of the file.
    text = path.read_bytes().decode()
    found = pd.read_csv(StringIO(text, newline=""), engine="python", keep_default_na=False, na_values=[""])
    found = found.rename(columns=_uncovered)
    for position in _text_columns(found):
        found.isetitem(position, found.iloc[:, position].map(_uncovered, na_action="ignore"))
    return found if columns is None else found[columns]


def _text_columns(frame: pd.DataFrame) -> list[int]:
    return [
        position
        for position, dtype in enumerate(frame.dtypes)
        if pd.api.types.is_string_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype)
    ]


def _covered(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _TO_COVER.match(cell) else cell


def _uncovered(cell: Any) -> Any:
    return cell[1:] if isinstance(cell, str) and _COVERED.match(cell) else cell
