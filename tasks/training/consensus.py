"""Agree: the partition that several finished runs of the same coins have in common."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.consensus import consensus, stability
from coin_xai.clustering.kmeans import mean_agreement
from coin_xai.errors import CatalogueError
from storage import checkpoints, runs
from storage.atomic import write_bytes, write_frame
from storage.tables import csv_bytes, read_frame

NAMES = ["coin_id", "path"]


def agree(folders: Sequence[Path], file: Path) -> float:
    """Write the consensus of the last partitions of some runs, as `--init-assignments` takes it up.

    The clusters are those of the run that agrees best with the others; each coin goes where most runs put it.

    Args:
        folders: of the runs.
        file: to write, CSV or Parquet by its suffix: coin_id, path, cluster, and stability, the share of the
            runs in which the coin lies in the cluster that corresponds to this one.

    Returns:
        The mean AMI between any two of the runs.

    Raises:
        CatalogueError: the runs are not of the same coins.
        MissingError: one of them is not finished.
    """
    tables = [_partition(run) for run in folders]
    first = tables[0]
    for run, table in zip(folders, tables, strict=True):
        if table["coin_id"].tolist() != first["coin_id"].tolist():
            raise CatalogueError(
                f"{run} is not of the same coins as {folders[0]}; give runs of the same coins"
            )
    partitions = [table["cluster"].to_numpy(np.int64) for table in tables]
    agreed = consensus(partitions, _medoid(partitions))
    table = first[NAMES].assign(cluster=agreed, stability=stability(partitions, agreed))
    if file.suffix.lower() == ".csv":
        write_bytes(file, csv_bytes(table))
    else:
        write_frame(file, table)
    return mean_agreement(partitions)


def _partition(run: Path) -> pd.DataFrame:
    layout = runs.find(run)
    file = layout.final_assignments(checkpoints.require_finished(layout, None))
    return read_frame(file, [*NAMES, "cluster"]).sort_values("coin_id", kind="stable", ignore_index=True)


def _medoid(partitions: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    """Return the partition that agrees best with all of them."""
    return max(partitions, key=lambda one: sum(agreement(one, other).ami for other in partitions))
