"""The command that puts finished runs beside each other."""

from pathlib import Path

import rich_click as click

from coin_xai.catalogue.wording import count
from flows.command_line.terminal import console, errors


@click.command()
@click.argument("names", metavar="RUN RUN ...", nargs=-1, required=True)
@click.option(
    "--runs",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="runs",
    show_default=True,
    help="Folder in which a RUN lies that is named without one.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for comparisons; if left out, `comparisons` beside the first RUN.",
)
@click.option("--label", help="Column of the table of coins to compare all clusters with.")
def compare(names: tuple[str, ...], folder: Path, out: Path | None, label: str | None) -> None:
    """Compare finished RUNs: their settings and figures, where coins go, what never parts, what wanders.

    Coins are followed from run to run in the order given. Coins that not all RUNs have are left out. The
    same comparison is made once.
    """
    from storage.layout import RunLayout
    from tasks.comparing.compare import compare_runs
    from tasks.running.progress import in_terminal

    # A folder that is no run may have the name of one.
    folders = [Path(name) if RunLayout(Path(name)).record.exists() else folder / name for name in names]
    with in_terminal(errors):
        compared = compare_runs(folders, out=out, label=label)
    if compared.findings is not None:
        found = compared.findings
        console.print(
            f"{count(len(found.coin_ids), 'coin')} in common of {count(len(found.runs), 'run')}", markup=False
        )
        cores = found.comparison.cores
        console.print(
            f"in cores  {cores.share:.0%}, shuffled {cores.share_by_chance:.0%}; "
            f"{cores.share_beyond_chance:.0%} in cores that are rarer than those of all shuffles",
            markup=False,
        )
    console.print(f"page      {compared.layout.page('en')}\ntables    {compared.layout.tables}", markup=False)
