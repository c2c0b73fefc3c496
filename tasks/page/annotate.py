"""Annotate: what people noted on the page, read back into the run."""

from pathlib import Path

import pandas as pd

from coin_xai.catalogue import read_table
from coin_xai.catalogue.wording import some
from coin_xai.errors import CatalogueError
from storage import runs
from storage.atomic import write_frame
from storage.layout import ExplanationLayout, RunLayout
from storage.lock import holding
from storage.tables import read_frame

MARKS = ("selected", "poor_photograph", "wrong_cluster")
COLUMNS = ("run", "explanation", "about", "coin_id", "cluster", *MARKS, "name", "note")
YES = "yes"


def read_annotations(layout: RunLayout) -> pd.DataFrame:
    """Return all annotations of a run, as `annotate` does; none where nobody noted anything."""
    file = layout.annotations
    remedy = "remove it and read the notes that the page exported again, with coin-xai annotate"
    return read_frame(file, remedy=remedy) if file.exists() else pd.DataFrame(columns=list(COLUMNS[1:]))


def annotate(run: Path, notes: Path) -> pd.DataFrame:
    """Read the notes that the page exported into the run; what was noted before of the same is replaced.

    Args:
        run: folder of the run.
        notes: CSV or XLSX with the columns COLUMNS. `about` is coin or cluster; marks are yes or blank;
            `cluster` of a coin is the one that it stood in.

    Returns:
        All annotations of the run from now on, by explanation, clusters first: explanation, about, coin_id,
        cluster, the marks (bool), name, note.

    Raises:
        CatalogueError: the file breaks a rule; says which rows. Nothing is changed then.
    """
    layout = runs.find(run)
    table = read_table(notes.read_bytes(), name=notes.name)
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise CatalogueError(
            f"{notes.name} lacks the columns {', '.join(missing)}; export the notes anew from the page"
        )
    about_coin = table["about"] == "coin"
    marks = table[list(MARKS)]
    for wrong, what in (
        (table["run"] != layout.root.name, f"are notes of another run than {layout.root.name}"),
        (~(about_coin | (table["about"] == "cluster")), "are about neither coin nor cluster"),
        (~about_coin & table["coin_id"].notna(), "are about a cluster and name a coin"),
        (~(marks.isna() | (marks == YES)).all(axis=1), f"have a mark ({', '.join(MARKS)}) other than yes"),
        (_subject(table).duplicated(keep=False), "are about the same as another row"),
    ):
        _refuse(wrong, table, notes, what)
    for fingerprint, rows in table.groupby("explanation", dropna=False):
        _check_names(layout.explanation(str(fingerprint)), rows, notes)
    found = table[[*COLUMNS[1:]]].assign(
        cluster=table["cluster"].astype("int64"), **{mark: table[mark] == YES for mark in MARKS}
    )
    with holding(layout.lock):
        merged = _merged(read_annotations(layout), found)
        write_frame(layout.annotations, merged)
    return merged


def _check_names(explanation: ExplanationLayout, rows: pd.DataFrame, notes: Path) -> None:
    # The name of the folder comes from the file of notes, and must not lead out of the run.
    if not explanation.root.name.isalnum() or not explanation.assignments.exists():
        _refuse(rows["run"].notna(), rows, notes, "are of an explanation that the run does not have")
    known = pd.read_parquet(explanation.assignments, columns=["coin_id", "cluster"])
    clusters = set(known["cluster"].astype(str))
    strange = (rows["about"] == "coin") & ~rows["coin_id"].isin(set(known["coin_id"]))
    _refuse(strange, rows, notes, "name no coin of the explanation")
    _refuse(~rows["cluster"].isin(clusters), rows, notes, "name no cluster of the explanation")


def _subject(table: pd.DataFrame) -> pd.Series:
    """Return what each row is about; a coin is one, whatever cluster the reader saw it in."""
    name = table["coin_id"].where(table["about"] == "coin", table["cluster"].astype(str))
    return table["explanation"].astype(str) + " " + table["about"].astype(str) + " " + name.astype(str)


def _refuse(wrong: pd.Series, table: pd.DataFrame, notes: Path, what: str) -> None:
    if wrong.any():
        rows = some(str(number) for number in table.index[wrong])
        raise CatalogueError(
            f"{notes.name} has rows that {what}: row {rows}; mend or remove them, and read the notes again"
        )


def _merged(before: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    kept = before[~_subject(before).isin(_subject(found))]
    both = pd.concat([kept, found]) if len(kept) else found
    # "cluster" comes before "coin" in the alphabet, too.
    order = ["explanation", "about", "cluster", "coin_id"]
    return both.sort_values(order, kind="stable").reset_index(drop=True)
