"""The command that writes finished runs to MLflow."""

from pathlib import Path

import rich_click as click

from flows.command_line.arguments import runs_argument
from flows.command_line.terminal import console


@click.command()
@runs_argument
@click.option(
    "--uri",
    help="Store or server of MLflow; if left out, MLFLOW_TRACKING_URI or mlflow.db in this folder.",
)
@click.option("--experiment", default="coin-xai", show_default=True, help="Experiment the RUNS belong to.")
def track(runs: tuple[Path, ...], uri: str | None, experiment: str) -> None:
    """Write settings, figures and pictures of finished RUNS to MLflow, which shows them beside others.

    Needs MLflow: pip install 'coin-xai[mlflow]'. The same command again adds what is new and doubles nothing.
    """
    from tasks.tracking.track import track as write

    store = write(runs, uri=uri, experiment=experiment)
    for kept in store.runs:
        console.print(f"{'new    ' if kept.new else 'updated'}   {kept.name} {kept.run_id}", markup=False)
    console.print(f"mlflow    {store.uri}", markup=False)
