"""The command that puts new photographs into the clusters of a run."""

from pathlib import Path
from typing import Any

import rich_click as click

from coin_xai.catalogue.wording import count
from flows.command_line.arguments import images_argument, run_argument
from flows.command_line.options import ESSENTIAL, command, options_of, take
from flows.command_line.terminal import console, errors
from flows.parameters import Photographs


@command()
@run_argument
@images_argument
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    panel=ESSENTIAL,
    help="Folder for the tables. If left out, the current folder.",
)
@options_of(Photographs)
def place(run: Path, images: Path, into: Path, **options: Any) -> None:
    """Put the photographs in IMAGES into the clusters of the finished RUN, without training anything.

    A coin that matches coins of the run no better than these match coins of other clusters fits none.
    """
    from flows.ingesting import ingest_photographs
    from tasks.place import FITS_NONE, IN_THE_RUN, PLACED, UNREADABLE, require_placeable
    from tasks.place import place as put
    from tasks.running.progress import in_terminal

    photographs = take(Photographs, options, images=images)
    layout = require_placeable(run)  # before photographs are decoded
    with in_terminal(errors):
        placed = put(ingest_photographs(photographs, layout.root.parent), run, into=into)
    outcomes = placed.outcomes
    coins, clusters = count(outcomes[PLACED], "coin"), count(placed.clusters, "cluster")
    console.print(f"{coins} in {clusters}, {outcomes[FITS_NONE]} fit none", markup=False)
    if outcomes[IN_THE_RUN] or outcomes[UNREADABLE]:
        console.print(f"{outcomes[IN_THE_RUN]} in the run already, {outcomes[UNREADABLE]} unreadable")
    if placed.turned_away is not None and placed.tells:
        console.print(
            f"of the run's own coins {placed.turned_away:.0%} would fit none, by the same rule", markup=False
        )
    elif placed.turned_away is not None:
        console.print("all of the run is one cluster, so nothing tells which coins fit none")
    console.print(f"table     {placed.csv}\nParquet   {placed.table}", markup=False)
