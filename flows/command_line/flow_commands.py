"""Commands that run a flow: `study`, `train`, `explain`, `backfill`."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import rich_click as click

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.options import ClaimsOptions
from coin_xai.deepcluster.options import TrainingOptions
from flows.command_line.arguments import images_argument, run_type
from flows.command_line.options import ESSENTIAL, FOREIGN, command, options_of, take
from flows.command_line.terminal import console, errors
from flows.failures import PartlyFailedError
from flows.parameters import Checkpoints, Duration, Foreign, Photographs, Place, Work
from storage.layout import ExplanationLayout, RunLayout

log = logging.getLogger(__name__)

R = TypeVar("R")


class Training(NamedTuple):
    """The parameters of a training, in the order that its flow takes them."""

    photographs: Photographs
    training: TrainingOptions
    duration: Duration
    place: Place


@command()
@images_argument
@options_of(TrainingOptions, Duration, Place, Photographs, ExplanationOptions, ClaimsOptions)
def study(images: Path, **options: Any) -> None:
    """Cluster the photographs in IMAGES and explain every coin: train, then explain."""
    from flows.study import study as flow

    how, claims = take(ExplanationOptions, options), take(ClaimsOptions, options)
    folder = run_flow(flow, *_training(images, options), how, claims)
    _print_explanation(ExplanationLayout(folder))


@command()
@images_argument
@options_of(TrainingOptions, Duration, Place, Photographs)
def train(images: Path, **options: Any) -> None:
    """Cluster the photographs in IMAGES."""
    from flows.train_clusters import train_clusters
    from tasks.training.metrics import Metrics

    parameters = _training(images, options)
    layout = RunLayout(run_flow(train_clusters, *parameters))
    console.print(f"run       {layout.root}\ncurves    {layout.curves}")
    warned = Metrics(layout).row(parameters.duration.epochs).get("warnings")
    if warned:
        console.print(f"warnings  {warned}", markup=False)
    console.print(f"explain   coin-xai explain {layout.root}")


@command()
@click.argument("run", required=False, type=run_type)
@click.option(
    "--epoch",
    type=click.IntRange(min=1),
    panel=ESSENTIAL,
    help="Epoch of the checkpoint to explain, or entry of --cluster-log. If left out, the last one.",
)
@click.option(
    "--checkpoint",
    type=click.Path(path_type=Path),
    panel=FOREIGN,
    help="Checkpoint of another program, instead of RUN.",
)
@click.option(
    "--cluster-log",
    type=click.Path(path_type=Path),
    panel=FOREIGN,
    help="Its clusters: pickle, CSV or XLSX.",
)
@click.option(
    "--images",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    panel=FOREIGN,
    help="Photographs that it was trained on.",
)
@click.option(
    "--ignore-extras",
    is_flag=True,
    panel=FOREIGN,
    help="Ignore entries of the checkpoint that are not tensors; no code is executed.",
)
@options_of(ExplanationOptions, ClaimsOptions, Place, Photographs, Work)
def explain(run: Path | None, epoch: int | None, **options: Any) -> None:
    """Explain every coin of the trained RUN for its cluster, or of a training of another program."""
    how, work = take(ExplanationOptions, options), take(Work, options)
    claims = take(ClaimsOptions, options)
    files = {name: options.pop(name) for name in ("checkpoint", "cluster_log", "images")}
    given = [name for name, value in files.items() if value is not None]
    if len(given) != (0 if run else len(files)):
        raise click.UsageError("give a RUN, or --checkpoint, --cluster-log and --images together")
    if run is not None:
        from flows.explain_clusters import explain_clusters

        folder = run_flow(explain_clusters, run, epoch, how, work, claims)
    else:
        from flows.explain_checkpoint import explain_checkpoint

        photographs = take(Photographs, options, images=files.pop("images"))
        foreign = Foreign(**files, epoch=epoch, ignore_extras=options.pop("ignore_extras"))
        place = take(Place, options)
        folder = run_flow(explain_checkpoint, photographs, foreign, place, how, work, claims)
    _print_explanation(ExplanationLayout(folder))


@command()
@click.argument("names", metavar="[RUN]...", nargs=-1)
@click.option("--runs", default="runs", show_default=True, panel=ESSENTIAL, help="Folder of all runs.")
@click.option(
    "--every-checkpoint",
    is_flag=True,
    panel=ESSENTIAL,
    help="Explain every finished checkpoint of a run, not only the last one.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    panel=ESSENTIAL,
    help="Print which checkpoints would be explained, and explain none.",
)
@options_of(ExplanationOptions)
def backfill(names: tuple[str, ...], dry_run: bool, **options: Any) -> None:
    """Explain finished checkpoints that lack an explanation: those of the RUNs of these names, or of all."""
    from flows.backfill import backfill_explanations, lacking

    how, checkpoints = take(ExplanationOptions, options), take(Checkpoints, options, names=names)
    if dry_run:
        found = lacking(checkpoints, how)
        for layout, epoch in found.missing:
            console.print(f"{layout.root.name}, epoch {epoch}", markup=False)
        console.print(
            f"looked at {found.looked} finished checkpoints; {len(found.missing)} lack an explanation"
        )
        if found.failures:
            raise PartlyFailedError(found.failures)
        return
    counts = run_flow(backfill_explanations, checkpoints, how)
    console.print(
        f"looked at {counts['looked']} finished checkpoints: {counts['explained']} explained now, "
        f"{counts['busy']} left to others that work on their runs"
    )


def run_flow(flow: Callable[..., R], *parameters: Any) -> R:
    """Run a flow, on the Prefect server if one is configured, and by itself otherwise."""
    import httpx
    from prefect import tags

    from flows.server import runs_on_server
    from tasks.pruning.prune_server import BY_HAND
    from tasks.running.progress import in_terminal
    from tasks.running.server import is_of_server

    with in_terminal(errors), tags(BY_HAND):
        if runs_on_server():
            try:
                return flow(*parameters)
            except httpx.HTTPError as error:
                if not is_of_server(error):
                    raise
                # What is done is not done again.
                log.warning("the Prefect server went away (%s) and will not know how this ended", error)
        return flow.fn(*parameters)  # type: ignore[attr-defined, no-any-return]


def _training(images: Path, options: dict[str, object]) -> Training:
    return Training(
        take(Photographs, options, images=images),
        take(TrainingOptions, options),
        take(Duration, options),
        take(Place, options),
    )


def _print_explanation(explanation: ExplanationLayout) -> None:
    run = RunLayout(explanation.root.parent.parent)
    console.print(f"run       {run.root}")
    console.print(f"page      {run.latest / explanation.report.name}")
    console.print(f"pictures  {run.latest / 'results'}")
    console.print(f"table     {run.latest / explanation.assignments_csv.name}")
