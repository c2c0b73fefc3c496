"""The command line: `coin-xai`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import pandas as pd
from rich.markup import escape
from rich.table import Table

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import CoinXaiError
from coin_xai.mint import Issue
from coin_xai.mint.formula import MAXIMUM_TYPES
from flows.deployment import serve_flows
from flows.explain_checkpoint import explain_checkpoint
from flows.explain_clusters import explain_clusters
from flows.failures import RunFailedError
from flows.options import options_of, take
from flows.parameters import Duration, Foreign, Photographs, Place, Work
from flows.server import LOOPBACK, PORT, runs_on_server, serve_prefect
from flows.study import study
from flows.terminal import console, errors, logging_to_terminal
from flows.train_clusters import train_clusters
from storage.errors import MissingError, PlaceError, RunMismatchError, StorageError
from storage.layout import ExplanationLayout, RunLayout, pixels_folder
from storage.legacy import LegacyError
from storage.manifest import strangers
from storage.manifest import verify as verify_manifest
from storage.pixel_cache import damages
from storage.remote import RemoteRun, audit, is_url
from storage.runs import find, list_runs, read_record
from tasks.annotate import annotate
from tasks.bundle import bundle
from tasks.choose_k import choose_k
from tasks.export import Form, export
from tasks.ingest import ingest
from tasks.metrics import Metrics
from tasks.mirror import addresses, remote_run
from tasks.overview import overview
from tasks.progress import in_terminal
from tasks.sanity import check_sanity
from tasks.strike import strike

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

images_argument = click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))


class _Run(click.Path):
    """A run's folder, or its address in an object store."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        return Path(value) if is_url(value) else super().convert(value, parameter, context)


run_type = _Run(exists=True, file_okay=False, path_type=Path)
run_argument = click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))


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
    console.print(f"{issue.coins} coins in {folder}\ntruths in {table}")


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


@cli.command(name="export")
@run_argument
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--form", type=click.Choice(["reference", "thesis"]), default="reference", show_default=True)
@click.option("--epoch", type=click.IntRange(min=1), help="Of the checkpoint; else the last one.")
def export_command(run: Path, folder: Path, form: Form, epoch: int | None) -> None:
    """Write checkpoint and cluster log of RUN into FOLDER as the published code does."""
    written = export.fn(run, into=folder, form=form, epoch=epoch)
    console.print("\n".join(str(path) for path in written.values()), markup=False)


@cli.command(name="annotate")
@run_argument
@click.argument("notes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def annotate_command(run: Path, notes: Path) -> None:
    """Read NOTES, exported from the page of RUN, into the run."""
    table = annotate(run, notes)
    console.print(f"{len(table)} annotations in {RunLayout(run).annotations}", markup=False)
    console.print(f"show them on the page with: coin-xai explain {run}", markup=False)


@cli.command(name="report")
@run_argument
@click.option(
    "--bundle", "bundled", is_flag=True, help="Write page, citation and instructions as one ZIP file."
)
@click.option("--without-photographs", is_flag=True, help="In it, heat alone: no photograph of any coin.")
@click.option("--base-url", help="Where its contents will lie on the web; adds a IIIF manifest a cluster.")
@click.option(
    "--author", "authors", multiple=True, help="For the citation, as 'Family, Given'; once for each."
)
def report_command(run: Path, bundled: bool, without_photographs: bool, **options: Any) -> None:
    """Name the page of RUN, or pack it to be mailed, archived and cited."""
    if not bundled:
        if without_photographs or any(options.values()):
            raise click.UsageError("give --bundle with --without-photographs, --base-url and --author")
        page = find(run).latest / "report.html"
        if not page.exists():
            raise MissingError(f"{run} has no page yet; make it with: coin-xai explain {run}")
        console.print(f"page      {page}", markup=False)
        return
    file = bundle(run, photographs=not without_photographs, **options)
    console.print(f"bundle    {file} ({file.stat().st_size / 1e6:.1f} MB)", markup=False)


@cli.command(name="sanity")
@run_argument
@click.option("--epoch", type=click.IntRange(min=1), help="Of the checkpoint to test; else the last one.")
@click.option(
    "--coins", type=click.IntRange(2, 1000), default=48, show_default=True, help="How many to test on."
)
def sanity_command(run: Path, epoch: int | None, coins: int) -> None:
    """Test whether the maps of RUN depend on what its network has learnt, and on the cluster asked for."""
    with in_terminal(errors):
        folder = check_sanity.fn(run, epoch=epoch, coins=coins)
    table = Table("method", "random head", "all random", "other cluster", box=None, pad_edge=False)
    for row in pd.read_csv(folder / "summary.csv").to_dict("records"):
        figures = (row["head_randomised"], row["all_randomised"], row["other_cluster"])
        table.add_row(row["method"], *(f"{value:.2f}" for value in figures))
    console.print("Rank correlation with the maps of the trained network; near 1, a map did not notice.")
    console.print(table)
    console.print(f"table     {folder / 'sanity.csv'}\npicture   {folder / 'sanity.png'}", markup=False)


@cli.command(name="runs")
@click.option("--runs", "place", default="runs", show_default=True, help="A folder, or s3://bucket/folder.")
def runs_command(place: str) -> None:
    """List the runs and what is there of each."""
    if is_url(place):
        console.print("\n".join(addresses(place)) or f"no runs in {place}", markup=False)
        return
    folder = Path(place)
    table = Table("run", "coins", "k", "epochs", "explained", "page", box=None, pad_edge=False)
    for layout in list_runs(folder):
        table.add_row(*(str(value) for value in overview(layout)))
    if table.row_count:
        console.print(table)
    else:
        console.print(f"no runs in {folder}; make one with: coin-xai study IMAGES")


@cli.command()
@click.argument("run", type=run_type)
def verify(run: Path) -> None:
    """Check RUN's last explanation against its manifest, and the decoded photographs that it was made of.

    Of a RUN in an object store, every object is checked.
    """
    remote = remote_run(run)
    if remote is not None:
        _verify_remote(remote)
        return
    layout = find(run)
    pixels = pixels_folder(run.parent, read_record(layout)["identity"]["pixels"])
    files, arrays = verify_manifest(layout.latest), damages(pixels)
    for name in strangers(layout.latest):
        console.print(f"{name} is no file of this explanation", markup=False)
    for damage in (*files, *arrays):
        console.print(damage, markup=False)
    if files:
        console.print(
            f"{len(files)} damaged; mend them with: coin-xai explain {run} --reuse hash", markup=False
        )
    if arrays:
        console.print(f"delete {pixels}; the next study decodes the photographs again", markup=False)
    if files or arrays:
        raise SystemExit(FAILED)
    console.print(f"{layout.latest.resolve()}: every file is as the manifest says", markup=False)


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


def main() -> None:
    """Run the command line and turn errors into a sentence and an exit code."""
    with _explained_errors():
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
    function: Callable[..., Any] = work if runs_on_server() else work.fn
    with in_terminal(errors):
        return function(*parameters)


def _verify_remote(run: RemoteRun) -> None:
    found = audit(run)
    for damage in found:
        console.print(damage, markup=False)
    if found:
        console.print(
            f"{len(found)} damaged; remove them from the store, and study or explain makes them anew",
            markup=False,
        )
        raise SystemExit(FAILED)
    console.print(f"{run.url}: every object is as it was sent", markup=False)


def _print_explanation(files: ExplanationLayout) -> None:
    run = RunLayout(files.root.parent.parent)
    console.print(f"run       {run.root}")
    console.print(f"page      {run.latest / files.report.name}")
    console.print(f"pictures  {run.latest / 'results'}")
    console.print(f"table     {run.latest / files.assignments_csv.name}")


@contextmanager
def _explained_errors() -> Iterator[None]:
    try:
        yield
    except RunFailedError as error:
        errors.print("[red]finished with failures[/]; the same command does only these again:")
        for failure in error.failures:
            errors.print(f"  {failure.which}: {failure.reason}", markup=False)
        sys.exit(FAILED)
    except (CoinXaiError, LegacyError, MissingError, PlaceError, RunMismatchError) as error:
        errors.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(WRONG_USE)
    except StorageError as error:
        errors.print(f"[red]error:[/] {escape(str(error))}")
        sys.exit(FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        errors.print("stopped; the same command continues")
        sys.exit(INTERRUPTED)
