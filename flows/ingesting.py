"""Ingest as a flow asks for it."""

from pathlib import Path

from flows.parameters import Photographs
from tasks.ingest import Ingested, ingest
from tasks.running.steps import run_step


def ingest_photographs(photographs: Photographs, runs: Path) -> Ingested:
    """Open the photographs that a flow is told of, and keep them for the runs in a folder.

    Raises:
        CatalogueError: there are none, too many are broken, or names and table contradict.
    """
    return run_step(
        ingest,
        photographs.images,
        runs,
        coins=photographs.coins,
        file_column=photographs.file_column,
        id_column=photographs.id_column,
        name_pattern=photographs.name_pattern,
        max_broken_share=photographs.max_broken_share,
    )
