"""Commands about photographs alone: draw some, and look for a number of clusters."""

from pathlib import Path
from typing import Any

import rich_click as click

from coin_xai.catalogue.wording import count
from coin_xai.deepcluster.options import TrainingOptions
from flows.command_line.arguments import images_argument
from flows.command_line.options import ESSENTIAL, command, options_of, take
from flows.command_line.terminal import console, errors
from flows.parameters import Photographs, Place


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--coins", type=click.IntRange(1), default=400, show_default=True, help="Number of coins.")
@click.option("--types", type=click.IntRange(1), default=20, show_default=True, help="Number of types.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Random seed.")
@click.option(
    "--confounding",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of coins whose museum, and with it background and light, depends on their type.",
)
def mint(folder: Path, **options: Any) -> None:
    """Draw photographs of coins whose truths are known into FOLDER, with a table of the truths."""
    from coin_xai.mint import Issue
    from tasks.photographs.write_drawn_coins import write_drawn_coins
    from tasks.running.progress import in_terminal

    issue = Issue(**options)
    with in_terminal(errors):
        table = write_drawn_coins(folder, issue)
    console.print(f"{count(issue.coins, 'coin')} in {folder}\ntruths in {table}")


@command("choose-k")
@images_argument
@click.option(
    "--lowest", type=click.IntRange(2), default=2, show_default=True, panel=ESSENTIAL, help="Smallest k."
)
@click.option(
    "--highest",
    type=click.IntRange(2),
    panel=ESSENTIAL,
    help="Largest k. If left out, a fifth of the coins, at most 100.",
)
@click.option(
    "--run",
    "trained",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    panel=ESSENTIAL,
    help="Run whose trained network is used. If left out, a fresh one, or --init-weights.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    panel=ESSENTIAL,
    help="Folder for table and picture. If left out, the current folder.",
)
@options_of(TrainingOptions, Place, Photographs)
def choose_k(
    images: Path,
    lowest: int,
    highest: int | None,
    trained: Path | None,
    into: Path,
    **options: Any,
) -> None:
    """Show the evidence for each number of clusters of the photographs in IMAGES."""
    from flows.ingesting import ingest_photographs
    from tasks.running.progress import in_terminal
    from tasks.training.choose_k import choose_k as look

    photographs = take(Photographs, options, images=images)
    training, place = take(TrainingOptions, options), take(Place, options)
    with in_terminal(errors):
        chosen = look(
            ingest_photographs(photographs, place.folder),
            training,
            folder=place.folder,
            into=into,
            run=trained,
            lowest=lowest,
            highest=highest,
        )
    evidence = chosen.evidence
    console.print(f"elbow of the inertia            k = {evidence.elbow}")
    console.print(f"silhouette above chance most at k = {evidence.best_silhouette}")
    console.print(f"stability above chance most at  k = {evidence.most_stable}")
    console.print(f"table     {chosen.table}\npicture   {chosen.picture}", markup=False)
