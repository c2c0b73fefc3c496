"""Reading the tables of a run, which may have been cut or changed by anyone."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from storage.errors import DamagedError, MissingError

FROM_COPY = "put it back from a copy, or make the run again under another --name"


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
            return pd.read_csv(path, usecols=kept)
        return pd.read_parquet(path, columns=kept)
    except FileNotFoundError:
        raise MissingError(f"{path} is not there; {remedy}") from None
    # What pandas and Arrow raise of contents are kinds of ValueError and of OSError.
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DamagedError(f"{path} cannot be read ({reason}); {remedy}") from error
