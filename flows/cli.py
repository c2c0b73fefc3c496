"""The command line: `coin-xai`."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.logging import RichHandler
from rich.table import Table

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import CoinXaiError
from coin_xai.mint import Issue
from flows.explain_clusters import explain_clusters
from flows.failures import RunFailedError
from flows.options import options_of, take
from flows.parameters import Duration, Photographs, Place
from flows.server import runs_on_server
from flows.study import study
from flows.train_clusters import train_clusters
from storage.errors import MissingError, RunMismatchError, StorageError
from storage.layout import ExplanationLayout, RunLayout
from storage.manifest import verify as verify_manifest
from storage.runs import find, list_runs
from tasks.overview import overview
from tasks.progress import in_terminal
from tasks.strike import strike

DONE, FAILED, WRONG_USE, INTERRUPTED = 0, 1, 2, 130

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

images_argument = click.argument("images", type=click.Path(exists=True, file_okay=False, path_type=Path))
run_argument = click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="coin-xai")
@click.option("-v", "--verbose", is_flag=True, help="Tell more of what happens.")
def cli(verbose: bool) -> None:
    """Cluster coin photographs without labels, and show for every coin what the network saw.

    Everything is kept in one folder a run. The same command continues an interrupted run and reuses a
    finished one.
    """
    logging.basicConfig(
        level=logging.WARNING, format="%(message)s", handlers=[RichHandler(console=errors, show_path=False)]
    )
    for name in ("coin_xai", "storage", "tasks", "flows"):
        logging.getLogger(name).setLevel(logging.INFO if verbose else logging.WARNING)


@cli.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--coins", default=400, show_default=True, help="How many coins to draw.")
@click.option("--types", default=20, show_default=True, help="How many distinct types they are of.")
@click.option("--seed", default=0, show_default=True, help="The one number that all coins follow from.")
@click.option("--confounding", default=0.0, help="Share of coins whose museum follows from their type.")
def mint(folder: Path, **options: Any) -> None:
    """Draw photographs of coins whose truths are known into FOLDER, with a table of the truths."""
    issue = Issue(**options)
    with in_terminal(visible=console.is_terminal):
        table = strike(folder, issue)
    console.print(f"{issue.coins} coins in {folder}\ntruths in {table}")


@cli.command(name="study")
@images_argument
@options_of(TrainingOptions)
@options_of(Duration)
@options_of(Place)
@options_of(Photographs)
def study_command(images: Path, **options: Any) -> None:
    """Cluster the photographs in IMAGES and explain every coin: train, then explain."""
    explanation = _run(study, *_parameters(images, options))
    _print_explanation(ExplanationLayout(explanation))


@cli.command()
@images_argument
@options_of(TrainingOptions)
@options_of(Duration)
@options_of(Place)
@options_of(Photographs)
def train(images: Path, **options: Any) -> None:
    """Cluster the photographs in IMAGES."""
    run_folder = _run(train_clusters, *_parameters(images, options))
    console.print(f"run       {run_folder}\ncurves    {RunLayout(run_folder).metrics}")
    console.print(f"explain   coin-xai explain {run_folder}")


@cli.command()
@run_argument
@click.option("--epoch", type=click.IntRange(min=1), help="Of the checkpoint to explain; else the last one.")
def explain(run: Path, epoch: int | None) -> None:
    """Explain every coin of the trained RUN for its cluster."""
    explanation = _run(explain_clusters, run, epoch)
    _print_explanation(ExplanationLayout(explanation))


@cli.command(name="runs")
@click.option("--runs", "folder", type=click.Path(path_type=Path), default=Path("runs"), show_default=True)
def runs_command(folder: Path) -> None:
    """List the runs and what is there of each."""
    table = Table("run", "coins", "k", "epochs", "explained", "page", box=None, pad_edge=False)
    for layout in list_runs(folder):
        table.add_row(*(str(value) for value in overview(layout)))
    if table.row_count:
        console.print(table)
    else:
        console.print(f"no runs in {folder}; make one with: coin-xai study IMAGES")


@cli.command()
@run_argument
def verify(run: Path) -> None:
    """Check every file of RUN's last explanation against its manifest."""
    layout = find(run)
    damages = verify_manifest(layout.latest)
    for damage in damages:
        console.print(damage)
    if damages:
        console.print(f"{len(damages)} damaged; mend them with: coin-xai explain {run}")
        raise SystemExit(FAILED)
    console.print(f"{layout.latest.resolve()}: every file is as the manifest says")


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
    with in_terminal(visible=errors.is_terminal):
        return function(*parameters)


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
        for which, reason in error.failures:
            errors.print(f"  {which}: {reason}", markup=False)
        sys.exit(FAILED)
    except (CoinXaiError, MissingError, RunMismatchError) as error:
        errors.print(f"[red]error:[/] {error}", markup=True)
        sys.exit(WRONG_USE)
    except StorageError as error:
        errors.print(f"[red]error:[/] {error}")
        sys.exit(FAILED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        errors.print("stopped; the same command continues")
        sys.exit(INTERRUPTED)
