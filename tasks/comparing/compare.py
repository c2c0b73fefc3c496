"""Compare: finished runs beside each other, as tables, as files for other programs, and as a page."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from coin_xai.evidence.typical import typical_first
from coin_xai.report.comparison.model import ComparisonReport, RunShown
from coin_xai.report.comparison.page import parts, render
from coin_xai.report.model import Table
from storage.errors import RunBusyError
from storage.fingerprint import SHOWN_DIGITS, fingerprint
from storage.layout import ComparisonLayout, comparisons_folder, file_stem
from storage.lock import holding
from storage.markers import UNFINISHED, committing, is_done
from storage.tables import csv_bytes
from tasks.comparing.findings import Findings, find, read_runs
from tasks.comparing.finished_run import FinishedRun
from tasks.comparing.pictures import AGAIN, copy_photographs, maps_of, photograph_files
from tasks.comparing.tables import Tables, tables_of
from tasks.page.inputs import hash_of_templates
from tasks.running.progress import stage
from tasks.running.steps import skipped, step

COMPARISON_VERSION = "comparison-4"
"""Changes whenever the same runs would be compared otherwise, but for the files of coin_xai.report."""

PARTS = 4
"""Of a comparison: reading and finding, tables, pictures, page."""

TYPICAL = 5
"""Coins of each cluster that the page shows."""

DOWNLOADS = ("runs", "seeds", "agreement", "matches", "flows", "parents", "falls", "cores", "coins")
PATIENCE_S = 600.0


class Compared(NamedTuple):
    """Where a comparison lies, and what was found; None where the same one was there already."""

    layout: ComparisonLayout
    findings: Findings | None


def compare_runs(folders: Sequence[Path], *, out: Path | None = None, label: str | None = None) -> Compared:
    """Write the comparison of finished runs, unless the same one is there already.

    Args:
        folders: of the runs, in the order in which coins are followed from one to the next.
        out: folder of comparisons; without it, the one beside the first run.
        label: column of the table of coins to compare clusters with.

    Raises:
        OptionError: fewer than two runs, one of them twice, two of one name, or no table has the label.
        CatalogueError: they have no coins in common.
        MissingError: one of them is not finished.
        DamagedError: a file of them cannot be read.
        RunBusyError: one of them was changed while it was read, or others compare in that folder for minutes.
    """
    place = comparisons_folder(read_runs(folders)[0].layout.root.parent) if out is None else out
    with holding(place / "comparisons.lock", patience_s=PATIENCE_S):
        _sweep(place)
        runs = read_runs(folders)  # while one waited, others may have worked on them
        contents = [run.content() for run in runs]
        name = fingerprint([COMPARISON_VERSION, hash_of_templates(), label, contents])
        layout = ComparisonLayout(place / name)
        if is_done(layout.root, name, verify="size"):
            return Compared(layout, None)
        with stage("compare runs", PARTS) as advance:
            findings = find(runs, label)
            advance(1)
            tables = tables_of(findings)
            advance(1)
            with committing(layout.root, name) as temporary:
                _write(ComparisonLayout(temporary), findings, tables, advance)
                _require_unchanged(runs, contents)
    return Compared(layout, findings)


@step(name="compare")
def compare(folders: Sequence[Path], *, label: str | None = None) -> Path:
    """Compare finished runs beside the first of them, and return the page; see `compare_runs`."""
    compared = compare_runs(folders, label=label)
    page = compared.layout.page("en")
    return page if compared.findings is not None else skipped(page, "the same comparison is there")


def _sweep(place: Path) -> None:
    """Remove comparisons that a killed process left half-written. The lock of the place is held.

    Whatever else lies in the place may belong to somebody who works on it.
    """
    for left in place.glob(UNFINISHED + SHOWN_DIGITS * "[0-9a-f]" + "*"):
        shutil.rmtree(left, ignore_errors=True)


def _require_unchanged(runs: Sequence[FinishedRun], contents: Sequence[object]) -> None:
    """Do nothing, if runs are what they were when they were read.

    Raises:
        RunBusyError: one is not.
    """
    for run, content in zip(runs, contents, strict=True):
        if run.content() != content:
            raise RunBusyError(f"{run.layout.root} was changed while it was compared; {AGAIN}")


def _write(
    layout: ComparisonLayout, findings: Findings, tables: Tables, advance: Callable[[int], None]
) -> None:
    for folder in (layout.tables, layout.partitions, layout.app):
        folder.mkdir()
    for name, table in tables.by_name().items():
        (layout.tables / f"{name}.csv").write_bytes(csv_bytes(table))
        table.to_parquet(layout.tables / f"{name}.parquet", index=False)
    for run, partition in zip(findings.runs, findings.comparison.partitions, strict=True):
        clusters = dict(zip(findings.coin_ids, partition.tolist(), strict=True))
        (layout.partitions / f"{file_stem(run.name)}.json").write_text(json.dumps(clusters, indent=0) + "\n")
    files = photograph_files(findings.runs, findings.coin_ids)
    copy_photographs(files, layout.photographs)
    advance(1)
    report = _report(findings, tables, [file is not None for file in files])
    for language, page in render(report).items():
        layout.page(language).write_bytes(page.encode())
    for name, part in parts(report):
        (layout.app / name).write_bytes(part)
    advance(1)


def _report(findings: Findings, tables: Tables, photographed: Sequence[bool]) -> ComparisonReport:
    """Return what the page is made of."""
    coin_ids = findings.coin_ids
    label = None if findings.label is None else (str(findings.label.name), findings.label.tolist())
    return ComparisonReport(
        comparison=findings.comparison,
        coin_ids=coin_ids,
        stems=[file_stem(coin_id) for coin_id in coin_ids],
        photographed=np.asarray(photographed),
        shown=[_shown(run, findings.partition(number)) for number, run in enumerate(findings.runs)],
        settings=tables.settings,
        runs=tables.runs,
        seeds=tables.seeds,
        cores=tables.cores,
        falls=findings.falls,
        label=label,
        tables=[
            Table(f"table_{name}", [(form, f"tables/{name}.{form.lower()}") for form in ("CSV", "Parquet")])
            for name in DOWNLOADS
        ],
    )


def _shown(run: FinishedRun, compared: pd.DataFrame) -> RunShown:
    """Return what the page shows of a run.

    Args:
        run: of it.
        compared: its partition of the compared coins, in their order.
    """
    recognition = run.recognition()
    coins = compared
    if recognition is not None:
        known = recognition.coins
        coins = coins.assign(recognised=coins["coin_id"].isin(known.loc[known["recognised"], "coin_id"]))
    groups = typical_first(coins).groupby("cluster")
    return RunShown(
        name=run.name,
        names=run.names(),
        typical={int(cluster): rows.index[:TYPICAL].tolist() for cluster, rows in groups},
        left_out=len(run.partition) - len(compared),
        warnings=run.warnings(),
        verdicts=run.verdicts(),
        maps=maps_of(run, compared["coin_id"].tolist()),
    )
