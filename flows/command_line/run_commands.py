"""Commands that look at a run that is there, check it or carry it elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import rich_click as click
from rich.table import Table
from rich.text import Text

from coin_xai.catalogue.wording import count
from flows.command_line.arguments import run_argument, run_type, runs_argument
from flows.command_line.exits import FAILED
from flows.command_line.flow_commands import run_flow
from flows.command_line.terminal import console, errors
from storage.errors import MissingError
from storage.layout import ExplanationLayout, RunLayout
from storage.place import is_url

if TYPE_CHECKING:
    from coin_xai.claims.options import PartsModel
    from storage.remote.store import RemoteRun
    from tasks.adopting.export import Form
    from tasks.exporting.export_coins import Form as CoinsForm


FORMS_OF_COINS = ("orange", "xlsx", "graphml", "json")
FORMS_OF_TRAININGS = ("reference", "thesis")


@click.command()
@run_argument
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--form",
    type=click.Choice([*FORMS_OF_TRAININGS, *FORMS_OF_COINS]),
    default="reference",
    show_default=True,
    help="A training as the published code or the thesis has it, or coins for another program.",
)
@click.option(
    "--epoch", type=click.IntRange(min=1), help="Of the checkpoint, for a training; else the last one."
)
def export(run: Path, folder: Path, form: str, epoch: int | None) -> None:
    """Write what other programs read of RUN into FOLDER.

    reference, thesis: checkpoint and cluster log as the published code and the thesis have them. orange: a
    table whose photographs Orange shows. xlsx: a workbook with thumbnails and links to the page. graphml:
    which coins are alike. json: the cluster of each coin.
    """
    if form in FORMS_OF_COINS:
        from tasks.exporting.export_coins import export_coins

        if epoch is not None:
            raise click.UsageError(
                f"--epoch is for {' and '.join(FORMS_OF_TRAININGS)}; {form} is what the page shows"
            )
        console.print(str(export_coins(run, into=folder, form=cast("CoinsForm", form))), markup=False)
        return
    from tasks.adopting.export import export as write

    written = write(run, into=folder, form=cast("Form", form), epoch=epoch)
    console.print("\n".join(str(path) for path in written.values()), markup=False)


@click.command()
@run_argument
@click.argument("notes", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def annotate(run: Path, notes: Path) -> None:
    """Read NOTES, exported from the page of RUN, into the run."""
    from tasks.page.annotate import annotate as read_notes

    table = read_notes(run, notes)
    console.print(f"{count(len(table), 'annotation')} in {RunLayout(run).annotations}", markup=False)
    console.print(f"show them on the page with: coin-xai explain {run}", markup=False)


@click.command()
@run_argument
@click.option(
    "--bundle", "bundled", is_flag=True, help="Write page, citation and instructions as one ZIP file."
)
@click.option("--without-photographs", is_flag=True, help="In it, heat alone: no photograph of any coin.")
@click.option("--base-url", help="Where its contents will lie on the web; adds a IIIF manifest a cluster.")
@click.option(
    "--author", "authors", multiple=True, help="For the citation, as 'Family, Given'; once for each."
)
def report(run: Path, bundled: bool, without_photographs: bool, **options: Any) -> None:
    """Name the page of RUN, or pack it to be mailed, archived and cited."""
    from storage.runs import find
    from tasks.page.bundle import bundle as pack

    if not bundled:
        if without_photographs or any(options.values()):
            raise click.UsageError("give --bundle with --without-photographs, --base-url and --author")
        page = find(run).latest / "report.html"
        if not page.exists():
            raise MissingError(f"{run} has no page yet; make it with: coin-xai explain {run}")
        console.print(f"page      {page}", markup=False)
        return
    file = pack(run, photographs=not without_photographs, **options)
    console.print(f"bundle    {file} ({file.stat().st_size / 1e6:.1f} MB)", markup=False)


@click.command()
@run_argument
@click.option("--epoch", type=click.IntRange(min=1), help="Of the checkpoint to test; else the last one.")
@click.option(
    "--coins", type=click.IntRange(2, 1000), default=48, show_default=True, help="How many to test on."
)
def sanity(run: Path, epoch: int | None, coins: int) -> None:
    """Test whether the maps of RUN depend on what its network has learnt, and on the cluster asked for."""
    from storage.tables import read_frame
    from tasks.explaining.sanity import check_sanity
    from tasks.running.progress import in_terminal

    with in_terminal(errors):
        folder = check_sanity(run, epoch=epoch, coins=coins)
    table = Table("method", "random head", "all random", "other cluster", box=None, pad_edge=False)
    for row in read_frame(folder / "summary.csv").to_dict("records"):
        figures = (row["head_randomised"], row["all_randomised"], row["other_cluster"])
        table.add_row(row["method"], *(f"{value:.2f}" for value in figures))
    console.print("Rank correlation with the maps of the trained network; near 1, a map did not notice.")
    console.print(table)
    console.print(f"table     {folder / 'sanity.csv'}\npicture   {folder / 'sanity.png'}", markup=False)


@click.command()
@runs_argument
@click.option(
    "--parts",
    type=click.Choice(["cross", "radial", "table"]),
    default="cross",
    show_default=True,
    help="What coins are divided into: the bars and cantons of a cross, rings, or what a table marks.",
)
@click.option(
    "--parts-table",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Table of the parts of coins, one row a marked area, for `--parts table`.",
)
@click.option(
    "--label", help="Column that says which coins are alike; else what clusters were compared with."
)
@click.option("--symbol", help="What claim 6 is about; else what stands most often in canton 3.")
def claims(
    runs: tuple[Path, ...],
    parts: "PartsModel",
    parts_table: Path | None,
    label: str | None,
    symbol: str | None,
) -> None:
    """Test seven claims about what the network of RUNS recognises, each beside its controls.

    All RUNS are of the same coins; several that differ in their seed say more than one.
    """
    from flows.claims import ask_claims
    from tasks.claims.kept import read_answers

    folder = run_flow(ask_claims, runs, parts, label, symbol, parts_table)
    answers = read_answers(folder)
    table = Table("", "claim", "verdict", "effect (95 %)", "margin", box=None, pad_edge=False)
    for found in answers.findings:
        effect = f"{found.effect.value:.2f} ({found.effect.low:.2f} to {found.effect.high:.2f})"
        table.add_row(str(found.number), Text(found.claim), found.verdict, effect, f"{found.margin:.2f}")
    console.print(table)
    for found in answers.findings:
        console.print(f"{found.number}: {found.measure}; {found.reason}", markup=False)
    for number, lacking in answers.lacking.items():
        console.print(f"{number}: not asked: {lacking}", markup=False)
    console.print(f"verdicts  {folder / 'verdicts.csv'}", markup=False)
    run = folder.parents[2]  # on this machine, wherever the runs are kept
    console.print(f"page      {RunLayout(run).latest / 'report.html'}", markup=False)


@click.command()
@runs_argument
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The table to write, Parquet or CSV.",
)
def consensus(runs: tuple[Path, ...], out: Path) -> None:
    """Write the clusters that finished RUNS of the same coins agree on, and how sure each coin's is."""
    from tasks.training.consensus import agree

    if len(runs) < 2:
        raise click.UsageError("give two runs or more")
    alike = agree(runs, out)
    console.print(f"agreement of the runs (AMI)  {alike:.2f}\ntable     {out}", markup=False)
    console.print(f"explain   coin-xai study IMAGES --init-assignments {out}", markup=False)


@click.command()
@click.option("--runs", "place", default="runs", show_default=True, help="A folder, or s3://bucket/folder.")
@click.option("--times", is_flag=True, help="Show what each stage of each run has cost so far.")
def runs(place: str, times: bool) -> None:
    """List the runs and what is there of each.

    Of --times, seconds and bytes of all processes that worked on a run add up. Memory is what the largest
    process had held at most by the end of a stage.
    """
    from storage.runs import list_runs
    from tasks.overview import overview

    if is_url(place):
        if times:
            raise click.UsageError("give --times with a folder; a store is not searched for them")
        from tasks.mirror import addresses

        console.print("\n".join(addresses(place)) or f"no runs in {place}", markup=False)
        return
    folder = Path(place)
    if times:
        _print_times(list_runs(folder), folder)
        return
    table = Table("run", "coins", "k", "epochs", "explained", "page", box=None, pad_edge=False)
    for layout in list_runs(folder):
        table.add_row(*(str(value) for value in overview(layout)))
    if table.row_count:
        console.print(table)
    else:
        console.print(f"no runs in {folder}; make one with: coin-xai study IMAGES")


def _print_times(layouts: list[RunLayout], folder: Path) -> None:
    from tasks.running.kept_times import read_times
    from tasks.running.stage_times import BETWEEN

    for layout in layouts:
        # Python's sort is stable, so the others stay in the order in which they began.
        found = sorted(read_times(layout), key=lambda one: one.stage == BETWEEN)
        if not found:
            console.print(f"{layout.root.name}: nothing is known of its times", markup=False)
            continue
        whole = sum(one.wall_s for one in found)
        table = Table(box=None, pad_edge=False)
        for name in ("stage", "seconds", "share", "processor seconds", "MB of memory", "MB written"):
            table.add_column(name, justify="left" if name == "stage" else "right", no_wrap=name == "stage")
        for one in found:
            table.add_row(
                one.stage,
                f"{one.wall_s:.1f}",
                f"{one.wall_s / whole:.0%}",
                f"{one.processor_s:.1f}",
                _megabytes(one.peak_bytes),
                _megabytes(one.written_bytes),
            )
        table.add_row("all", f"{whole:.1f}", "100%", f"{sum(one.processor_s for one in found):.1f}", "", "")
        console.print(layout.root.name, markup=False)
        console.print(table)
    if not layouts:
        console.print(f"no runs in {folder}; make one with: coin-xai study IMAGES")


def _megabytes(count: int | None) -> str:
    return "unknown" if count is None else f"{count / 1e6:.0f}"


@click.command()
@click.argument("run", type=run_type)
def verify(run: Path) -> None:
    """Check RUN's last explanation against its manifest, and the decoded photographs that it was made of.

    Of a RUN in an object store, every object is checked.
    """
    from coin_xai.evidence.recognition_tables import told
    from storage.manifest import strangers
    from storage.manifest import verify as damaged_files
    from storage.pixel_cache import damages as damaged_arrays
    from storage.runs import find, pixels_of
    from tasks.explaining.recognition import read_recognition
    from tasks.mirror import remote_run

    remote = remote_run(run)
    if remote is not None:
        _verify_remote(remote)
        return
    layout = find(run)
    pixels = pixels_of(layout)
    files, arrays = damaged_files(layout.latest), damaged_arrays(pixels)
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
    recognition = read_recognition(ExplanationLayout(layout.latest.resolve()))
    if recognition is not None:
        console.print(told(recognition), markup=False)


def _verify_remote(remote: "RemoteRun") -> None:
    from storage.remote.audit import audit

    found = audit(remote)
    for damage in found:
        console.print(damage, markup=False)
    if found:
        console.print(
            f"{len(found)} damaged; remove them from the store, and study or explain makes them anew",
            markup=False,
        )
        raise SystemExit(FAILED)
    console.print(f"{remote.url}: every object is as it was sent", markup=False)
