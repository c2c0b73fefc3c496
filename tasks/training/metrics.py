"""The figures of a training: one row an epoch, never lost and never doubled."""

from typing import Any

import pandas as pd

from storage.atomic import write_bytes
from storage.layout import RunLayout
from storage.tables import csv_bytes, read_frame

Row = dict[str, Any]
"""Figures of an epoch by name, as the file of figures has them; None for what is not known."""

# Whole numbers, which a table with gaps in these columns would otherwise turn into fractions.
COUNTS = ("epoch", "dimensions", "kmeans_seed", "clusters", "empty_clusters", "splits")


class Metrics:
    """The rows of a run by epoch, on disk after each `keep`.

    An epoch that is done again, because the process died before its checkpoint or because fewer epochs are
    asked for now, gets the same figures again and keeps its one row. Rows of later epochs stay.
    """

    def __init__(self, layout: RunLayout) -> None:
        """Read the rows that are there."""
        self._layout = layout
        self._rows: dict[int, Row] = {}
        if layout.metrics.exists():
            for row in records(read_frame(layout.metrics)):
                self._rows[int(row["epoch"])] = row

    def keep(self, row: Row) -> None:
        """Add the figures of an epoch to its row, and write all rows.

        The last clustering of a training is also the first half of the epoch after it, if there ever is one:
        what each knows of it stands in one row.
        """
        merged = dict(self._rows.get(row["epoch"], {}))
        merged.update(
            (name, value) for name, value in row.items() if merged.get(name) is None or value is not None
        )
        self._rows[row["epoch"]] = merged
        write_bytes(self._layout.metrics, csv_bytes(self._table()))

    def rows(self, until: int | None = None) -> list[Row]:
        """Return the rows of epochs up to that one, in order; what is not known is None."""
        if not self._rows:
            return []
        return [row for row in records(self._table()) if until is None or row["epoch"] <= until]

    def row(self, epoch: int) -> Row:
        """Return the row of an epoch; what is not known is None, and the row empty where there is none."""
        return next((row for row in self.rows(epoch) if row["epoch"] == epoch), {})

    def _table(self) -> pd.DataFrame:
        return _counted(pd.DataFrame([self._rows[epoch] for epoch in sorted(self._rows)]))


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table of figures; what is not known is None, and what is counted is whole."""
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in _counted(table).to_dict("records")
    ]


def _counted(table: pd.DataFrame) -> pd.DataFrame:
    return table.astype({name: "Int64" for name in COUNTS if name in table})
