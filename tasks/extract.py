"""Extract: a checkpoint and its partition become the table of what is to be explained."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from coin_xai.attribution import ALGORITHM_VERSION
from coin_xai.attribution.options import ExplanationOptions
from coin_xai.errors import OptionError
from storage import checkpoints, runs
from storage.atomic import write_bytes, write_frame
from storage.errors import DamagedError
from storage.fingerprint import fingerprint, hash_file
from storage.layout import ExplanationLayout, RunLayout
from storage.markers import sweep
from storage.tables import csv_bytes, read_frame
from tasks.collection import open_pixels, training_of, usable_coins
from tasks.explaining.attribute import check
from tasks.explaining.match import shown_methods
from tasks.photographs.cells import describe_again
from tasks.running.steps import step

PICTURES_VERSION = "pictures-4"
"""Changes whenever the same maps would be drawn otherwise."""

SCHEMA = {
    "coin_id": pd.api.types.is_string_dtype,
    "path": pd.api.types.is_string_dtype,
    "cluster": pd.api.types.is_integer_dtype,
    "class_index": pd.api.types.is_integer_dtype,
    "distance": pd.api.types.is_float_dtype,
    "score": pd.api.types.is_float_dtype,
    "margin": pd.api.types.is_float_dtype,
    "runner_up_cluster": pd.api.types.is_integer_dtype,
    "head_cluster": pd.api.types.is_integer_dtype,
    "head_agrees": pd.api.types.is_bool_dtype,
}
"""Columns of a partition and what they hold; only the clusters that the head votes for may be null."""

NULLABLE = ("runner_up_cluster", "head_cluster")


class Extracted(NamedTuple):
    """What is to be explained.

    Attributes:
        fingerprint: of the explanation; it names its folder.
        epoch: epoch of the checkpoint.
        clusters: ids of the clusters that hold coins.
    """

    fingerprint: str
    epoch: int
    clusters: list[int]


@step(name="extract")
def extract(
    run: Path, *, epoch: int | None = None, options: ExplanationOptions, alone: bool = True
) -> Extracted:
    """Write the assignments of a finished or adopted training as Parquet and CSV.

    Args:
        run: folder of the run.
        epoch: epoch of the checkpoint to explain; the last finished one without it.
        options: of the explanation; others make another folder.
        alone: whether nobody else works on the run, so that what a killed process left can be removed.

    Raises:
        MissingError: no training of the run has ended at that epoch, or the pixels of a coin are gone.
        DamagedError: the checkpoint is not as it was written, or the partition breaks a rule; says which.
        NetworkError, OptionError: the checkpoint cannot answer what is asked.
    """
    layout = runs.find(run)
    last = checkpoints.require_finished(layout, epoch)
    # Said once, before every chunk would fail of it.
    checkpoints.require_whole(layout, last)
    check(run, last, options.resolved(training_of(layout).trainer))
    methods = shown_methods(layout, options)
    assignments = _joined(layout, last)
    if "match" in methods:
        describe_again(layout)
    explanation = explanation_of(layout, last, options)
    if alone:
        sweep(layout.root)
    write_frame(explanation.assignments, assignments)
    write_bytes(explanation.assignments_csv, csv_bytes(assignments))
    clusters = [int(cluster) for cluster in sorted(assignments["cluster"].unique())]
    return Extracted(explanation.root.name, last, clusters)


def explanation_of(layout: RunLayout, epoch: int, options: ExplanationOptions) -> ExplanationLayout:
    """Return where the explanation of a finished checkpoint by these options lies, or will lie.

    Raises:
        MissingError: there is no such checkpoint.
        DamagedError: the record of the run does not say how it was trained.
    """
    identity = {
        "algorithm": ALGORITHM_VERSION,
        "pictures": PICTURES_VERSION,
        "options": options.resolved(training_of(layout).trainer).model_dump(mode="json"),
        "checkpoint": checkpoints.hash_of(layout, epoch),
        "assignments": hash_file(layout.final_assignments(epoch)),
    }
    return layout.explanation(fingerprint(identity))


def chosen(extracted: Extracted, wanted: Sequence[int]) -> list[int]:
    """Return the wanted clusters, or all if none are named.

    Raises:
        OptionError: there is no such cluster, or it is empty.
    """
    clusters = extracted.clusters
    strangers = sorted({*wanted} - {*clusters})
    if strangers:
        raise OptionError(
            f"there are no coins in cluster {', '.join(map(str, strangers))} (--clusters); "
            f"the clusters go from {clusters[0]} to {clusters[-1]}"
        )
    return [cluster for cluster in clusters if cluster in {*wanted}] if wanted else clusters


def _joined(layout: RunLayout, epoch: int) -> pd.DataFrame:
    """Return the partition with the columns of the table of coins behind it."""
    file = layout.final_assignments(epoch)
    record = file.with_suffix(".json").name
    remedy = f"remove {record} beside it and repeat what made the run, which goes on before that epoch"
    assignments = read_frame(file, remedy=remedy)
    broken = _broken_rule(assignments)
    if broken is not None:
        raise DamagedError(f"{file} breaks the rule that {broken}; {remedy}")
    coins = usable_coins(layout).drop(columns=["path", "error"])
    joined = assignments.merge(coins, on="coin_id", how="left", validate="one_to_one", indicator=True)
    strangers = joined.loc[joined.pop("_merge") != "both", "coin_id"]
    if len(strangers):
        raise OptionError(f"{layout.coins} lacks coins of the partition: {', '.join(strangers[:5])}")
    open_pixels(layout, joined)  # refuses coins whose pixels are gone
    return joined


def _broken_rule(assignments: pd.DataFrame) -> str | None:
    """Return the rule for a partition that a table breaks, or None."""
    for column, holds in SCHEMA.items():
        if column not in assignments:
            return f"there is a column {column}"
        if not holds(assignments[column].dtype):
            return f"the column {column} holds what it should, and it holds {assignments[column].dtype}"
        if column not in NULLABLE and assignments[column].isna().any():
            return f"the column {column} has no gaps"
    doubled = assignments.loc[assignments["coin_id"].duplicated(), "coin_id"]
    if len(doubled):
        return f"every coin stands in it once, and {doubled.iloc[0]} stands in it again"
    pairs = assignments[["cluster", "class_index"]].drop_duplicates()
    if pairs["cluster"].duplicated().any() or pairs["class_index"].duplicated().any():
        return "every cluster has one unit of the head, and every unit one cluster"
    negative = assignments[["cluster", "class_index"]].lt(0).any()
    if negative.any():
        return "clusters and units count from 0"
    return None
