"""The command that trains and explains many settings."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click
from rich.markup import escape
from rich.table import Table

from coin_xai.catalogue.wording import count
from flows.command_line.flow_commands import run_flow
from flows.command_line.options import ESSENTIAL, command, options_of, take
from flows.command_line.terminal import console
from flows.parameters import Place

if TYPE_CHECKING:
    from flows.experiment_file import Setting


@command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--dry-run",
    is_flag=True,
    panel=ESSENTIAL,
    help="Print what would be trained and what that may cost; train nothing.",
)
@click.option(
    "--deployment",
    metavar="FLOW/NAME",
    default="",
    panel=ESSENTIAL,
    help="Deployment of studies whose workers do all settings but the first at once: study/study-part.",
)
@options_of(Place)
def experiment(file: Path, dry_run: bool, deployment: str, **options: Any) -> None:
    """Train, explain and compare every setting and seed that FILE (TOML) names.

    Each is a run of its own, called after --name or the file, its setting and its seed. What is done is not
    done again. One that fails does not stop the others.
    """
    from flows.experiment import experiment as flow
    from flows.experiment_file import read_experiment, settings_of

    place = take(Place, options)
    told = read_experiment(file)
    settings = settings_of(told, file=file, name=place.name)
    if dry_run:
        _print_plan(settings, images=told.photographs.images, runs=place.folder)
        return
    compared = run_flow(flow, file, place, deployment)
    for folder in compared.runs:
        console.print(f"page      {folder / 'latest' / 'report.html'}", markup=False)
    if compared.page is not None:
        console.print(f"compared  {compared.page}", markup=False)


def _print_plan(settings: "list[Setting]", *, images: Path, runs: Path) -> None:
    from storage.layout import RunLayout
    from tasks.photographs.folder import photographs_in
    from tasks.running.estimate import estimate, is_done

    photographs = len(photographs_in(images.resolve(), apart_from=runs.resolve()))
    table = Table("run", "setting", "epochs", "state", "hours", "GB", box=None, pad_edge=False)
    known, unknown = [], 0
    for one in settings:
        epochs, state, costs = one.duration.epochs, "explained", ("", "")
        if not is_done(RunLayout(runs / one.run), epochs=epochs):
            state, costs = "to do", ("?", "?")
            cost = estimate(runs, one.training, epochs=epochs, photographs=photographs)
            if cost is None:
                unknown += 1
            else:
                known.append(cost)
                costs = (f"{cost.wall_s / 3600:.2f}", f"{cost.bytes / 1e9:.2f}")
        table.add_row(escape(one.run), escape(one.own), str(epochs), state, *costs)
    console.print(table)
    told = (
        f"{count(len(settings), 'training')} of {count(photographs, 'photograph')}, "
        f"{len(known) + unknown} to do"
    )
    if known:
        total_s, total_bytes = sum(one.wall_s for one in known), sum(one.bytes for one in known)
        told += f": about {total_s / 3600:.2f} hours and {total_bytes / 1e9:.2f} GB, told from finished runs"
    if unknown:
        told += f"; what {unknown} of them will cost nobody knows: no run of their network has finished here"
    console.print(told, markup=False)
