"""The command line: `coin-xai`."""

import logging
from pathlib import Path
from typing import Any, NoReturn

import click
import httpx
from prefect import tags

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.catalogue.wording import count
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from coin_xai.mint.formula import MAXIMUM_TYPES
from flows.backfill import backfill_explanations, lacking
from flows.command_line.arguments import images_argument, run_type
from flows.command_line.exits import ending_as_by_keyboard, explained_errors
from flows.command_line.options import options_of, take
from flows.command_line.prune_command import prune_command
from flows.command_line.run_commands import RUN_COMMANDS
from flows.command_line.terminal import console, errors, logging_to_terminal
from flows.deployment import serve_flows
from flows.explain_checkpoint import explain_checkpoint
from flows.explain_clusters import explain_clusters
from flows.failures import BackfillFailedError
from flows.leaving import leave
from flows.parameters import Checkpoints, Duration, Foreign, Photographs, Place, Work
from flows.server import LOOPBACK, PORT, runs_on_server, serve_prefect
from flows.study import study
from flows.train_clusters import train_clusters
from storage.layout import ExplanationLayout, RunLayout
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import strike
from tasks.pruning.prune_server import BY_HAND
from tasks.running.progress import in_terminal
from tasks.training.choose_k import choose_k
from tasks.training.metrics import Metrics

log = logging.getLogger(__name__)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="coin-xai")
@click.option("-v", "--verbose", is_flag=True, help="Tell more of what happens.")
@click.pass_context
def cli(context: click.Context, verbose: bool) -> None:
    """Cluster coin photographs without labels, and show for every coin what the network saw.

    Everything is kept in one folder a run. The same command continues an interrupted run and reuses a
    finished one.
    """
    context.with_resource(logging_to_terminal(verbose=verbose))


@cli.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--coins", type=click.IntRange(1), default=400, show_default=True, help="How many to draw.")
@click.option(
    "--types", type=click.IntRange(1, MAXIMUM_TYPES), default=20, show_default=True, help="Of how many types."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="All coins follow from it."
)
@click.option(
    "--confounding",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Share of coins whose museum, and so background and light, follows from their type.",
)
def mint(folder: Path, **options: Any) -> None:
    """Draw photographs of coins whose truths are known into FOLDER, with a table of the truths."""
    issue = Issue(**options)
    with in_terminal(errors):
        table = strike(folder, issue)
    console.print(f"{count(issue.coins, 'coin')} in {folder}\ntruths in {table}")


@cli.command(name="study")
@images_argument
@options_of(TrainingOptions)
@options_of(Duration)
@options_of(Place)
@options_of(Photographs)
@options_of(ExplanationOptions)
def study_command(images: Path, **options: Any) -> None:
    """Cluster the photographs in IMAGES and explain every coin: train, then explain."""
    how = take(ExplanationOptions, options)
    explanation = _run(study, *_parameters(images, options), how)
    _print_explanation(ExplanationLayout(explanation))


@cli.command()
@images_argument
@options_of(TrainingOptions)
@options_of(Duration)
@options_of(Place)
@options_of(Photographs)
def train(images: Path, **options: Any) -> None:
    """Cluster the photographs in IMAGES."""
    parameters = _parameters(images, options)
    run_folder = _run(train_clusters, *parameters)
    layout, (*_, duration, _place) = RunLayout(run_folder), parameters
    console.print(f"run       {run_folder}\ncurves    {layout.curves}")
    warned = Metrics(layout).rows(duration.epochs)[-1].get("warnings")
    if warned:
        console.print(f"warnings  {warned}", markup=False)
    console.print(f"explain   coin-xai explain {run_folder}")


@cli.command()
@click.argument("run", required=False, type=run_type)
@click.option("--checkpoint", type=click.Path(path_type=Path), help="Of another program, instead of RUN.")
@click.option("--cluster-log", type=click.Path(path_type=Path), help="Its clusters: pickle, CSV or XLSX.")
@click.option(
    "--images",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The photographs that it was trained on.",
)
@click.option("--ignore-extras", is_flag=True, help="Pass over what is no tensor; nothing of it is run.")
@click.option(
    "--epoch",
    type=click.IntRange(min=1),
    help="Of the checkpoint of RUN, else its last one; of --cluster-log the entry, else the checkpoint's.",
)
@options_of(Place)
@options_of(Photographs)
@options_of(ExplanationOptions)
@options_of(Work)
def explain(run: Path | None, epoch: int | None, **options: Any) -> None:
    """Explain every coin of the trained RUN for its cluster, or of a training of another program."""
    how, work = take(ExplanationOptions, options), take(Work, options)
    files = {name: options.pop(name) for name in ("checkpoint", "cluster_log", "images")}
    given = [name for name, value in files.items() if value is not None]
    if len(given) != (0 if run else len(files)):
        raise click.UsageError("give a RUN, or --checkpoint, --cluster-log and --images together")
    if run is not None:
        explanation = _run(explain_clusters, run, epoch, how, work)
    else:
        photographs = take(Photographs, options, images=files.pop("images"))
        foreign = Foreign(**files, epoch=epoch, ignore_extras=options.pop("ignore_extras"))
        explanation = _run(explain_checkpoint, photographs, foreign, take(Place, options), how, work)
    _print_explanation(ExplanationLayout(explanation))


@cli.command()
@click.argument("names", metavar="[RUN]...", nargs=-1)
@click.option("--runs", default="runs", show_default=True, help="Folder that the runs are kept in.")
@click.option(
    "--every-checkpoint", is_flag=True, help="Of each run all finished checkpoints, not the last alone."
)
@click.option("--dry-run", is_flag=True, help="Only say which checkpoints would be explained.")
@options_of(ExplanationOptions)
def backfill(names: tuple[str, ...], dry_run: bool, **options: Any) -> None:
    """Explain finished checkpoints that lack an explanation: those of the RUNs of these names, or of all."""
    how, checkpoints = take(ExplanationOptions, options), take(Checkpoints, options, names=names)
    if dry_run:
        found = lacking(checkpoints, how)
        for layout, epoch in found.missing:
            console.print(f"{layout.root.name}, epoch {epoch}", markup=False)
        console.print(
            f"looked at {found.looked} finished checkpoints; {len(found.missing)} lack an explanation"
        )
        if found.failures:
            raise BackfillFailedError(found.failures)
        return
    counts = _run(backfill_explanations, checkpoints, how)
    console.print(
        f"looked at {counts['looked']} finished checkpoints: {counts['explained']} explained now, "
        f"{counts['busy']} left to others that work on their runs"
    )


@cli.command(name="choose-k")
@images_argument
@click.option("--lowest", type=click.IntRange(2), default=2, show_default=True, help="The smallest k.")
@click.option(
    "--highest", type=click.IntRange(2), help="The largest; else a fifth of the coins, at most 100."
)
@click.option(
    "--run",
    "trained",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the network as this run has trained it; else a fresh one, or --init-weights.",
)
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Folder for table and picture; else this one.",
)
@options_of(TrainingOptions)
@options_of(Place)
@options_of(Photographs)
def choose_k_command(
    images: Path,
    lowest: int,
    highest: int | None,
    trained: Path | None,
    into: Path,
    **options: Any,
) -> None:
    """Show what speaks for which number of clusters of the photographs in IMAGES."""
    photographs = take(Photographs, options, images=images)
    training, place = take(TrainingOptions, options), take(Place, options)
    with in_terminal(errors):
        ingested = ingest.fn(runs=place.folder, **dict(photographs))
        evidence = choose_k.fn(
            ingested, training, folder=place.folder, into=into, run=trained, lowest=lowest, highest=highest
        )
    console.print(f"elbow of the inertia            k = {evidence['elbow']}")
    console.print(f"silhouette above chance most at k = {evidence['best_silhouette']}")
    console.print(f"stability above chance most at  k = {evidence['most_stable']}")
    console.print(f"table     {evidence['table']}\npicture   {evidence['picture']}", markup=False)


@cli.command()
@click.option("--port", type=click.IntRange(1, 65535), default=PORT, show_default=True)
def server(port: int) -> None:
    """Run a Prefect server for this machine alone; its page shows what the flows do."""
    errors.print(f"other terminals:  export PREFECT_API_URL=http://{LOOPBACK}:{port}/api")
    serve_prefect(port=port)


@cli.command()
@images_argument
@click.option("--runs", default="runs", show_default=True, help="A folder, or s3://bucket/folder.")
def serve(images: Path, runs: str) -> None:
    """Offer the flows on IMAGES to the configured Prefect server, and run what it asks for."""
    if not runs_on_server():
        raise click.UsageError("no Prefect server is configured; start one with coin-xai server")
    serve_flows(images, runs)


for command in (*RUN_COMMANDS, prune_command):
    cli.add_command(command)


def program() -> NoReturn:
    """Be the program `coin-xai`: run the command line, and leave at once when it has ended."""
    try:
        main()
    except SystemExit as stop:
        leave(stop)
    leave()


def main() -> None:
    """Run the command line and turn errors into a sentence and an exit code."""
    with explained_errors(), ending_as_by_keyboard():
        cli(standalone_mode=False)


def _parameters(images: Path, options: dict[str, Any]) -> tuple[Any, ...]:
    return (
        take(Photographs, options, images=images),
        take(TrainingOptions, options),
        take(Duration, options),
        take(Place, options),
    )


def _run(work: Any, *parameters: Any) -> Any:
    """Run a flow, on the Prefect server if one is configured, and by itself otherwise."""
    with in_terminal(errors), tags(BY_HAND):
        if runs_on_server():
            try:
                return work(*parameters)
            except httpx.TransportError as error:
                # What is done is not done again.
                log.warning("the Prefect server went away (%s) and will not know how this ended", error)
        return work.fn(*parameters)


def _print_explanation(files: ExplanationLayout) -> None:
    run = RunLayout(files.root.parent.parent)
    console.print(f"run       {run.root}")
    console.print(f"page      {run.latest / files.report.name}")
    console.print(f"pictures  {run.latest / 'results'}")
    console.print(f"table     {run.latest / files.assignments_csv.name}")
