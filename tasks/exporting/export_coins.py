"""Export the coins of an explained run into a file that another program reads."""

from pathlib import Path
from typing import Literal

from storage.atomic import write_bytes
from storage.runs import find
from tasks.exporting.explained import explained_coins

Form = Literal["orange", "xlsx", "graphml", "json"]


def export_coins(run: Path, *, into: Path, form: Form) -> Path:
    """Write the coins of a run and what is known of them, whole or not at all.

    Args:
        run: folder of the run.
        into: folder to write to.
        form: `orange`, a table with photographs; `xlsx`, a workbook with thumbnails; `graphml`, which coins
            are alike; `json`, the cluster of each coin.

    Returns:
        The file, called after the run.

    Raises:
        MissingError: the run was not explained.
        DamagedError: what lies in its folder cannot be read.
    """
    explained, name = explained_coins(run), find(run.resolve()).root.name
    # Imported for the form that is asked for, so that none waits for what another one needs.
    if form == "orange":
        from tasks.exporting.orange import orange_table

        file, content = into / f"{name}.tab", orange_table(explained)
    elif form == "xlsx":
        from tasks.exporting.workbook import workbook

        file, content = into / f"{name}.xlsx", workbook(explained)
    elif form == "graphml":
        from tasks.exporting.graph import likeness_graph

        file, content = into / f"{name}.graphml", likeness_graph(explained)
    else:
        from tasks.exporting.assignments import assignments

        file, content = into / f"{name}.json", assignments(explained)
    write_bytes(file, content)
    return file
