"""A cluster log of any kind, and which of its partitions and units belong to a head."""

import logging
from pathlib import Path

import numpy as np
import pandas as pd

from coin_xai.catalogue import read_table
from coin_xai.catalogue.wording import count as counted
from storage.legacy.cluster_log import ClusterLog, Form, read_cluster_log
from storage.legacy.errors import LegacyError
from storage.legacy.partition import LoggedPartition, Positions, from_ids

log = logging.getLogger(__name__)

TABLES = (".csv", ".tsv", ".txt", ".xlsx")
BY_EPOCH = ("reference", "thesis")
PATH, CLUSTER, CLASS_INDEX = "path", "cluster", "class_index"


def read_log(file: Path) -> ClusterLog:
    """Read a cluster log: a pickle of the published code or of its kin, or a table of path and cluster.

    The table may have a column `class_index`, the unit of the head of each cluster; our own
    `assignments.csv` has all three.

    Raises:
        LegacyError: there is no such file, it is unsafe, or breaks a rule of its form.
        CatalogueError: it is called a table and is none.
    """
    if file.suffix.lower() not in TABLES or not file.is_file():
        return read_cluster_log(file)
    table = read_table(file.read_bytes(), name=str(file))
    for column in (PATH, CLUSTER):
        if column not in table:
            raise LegacyError(f"{file} has no column {column}; it has: {', '.join(table.columns)}")
    gaps = table.index[table[PATH].isna()]
    if len(gaps):
        raise LegacyError(f"row {gaps[0]} of {file} has no {PATH}")
    partition = from_ids(_whole_numbers(table, CLUSTER, file), str(file))
    if CLASS_INDEX in table:
        given = from_ids(_whole_numbers(table, CLASS_INDEX, file), f"the column {CLASS_INDEX} of {file}")
        partition = LoggedPartition(partition.cluster, given.cluster, None)
        _require_one_to_one(partition, file)
    form: Form = "assignments" if CLASS_INDEX in table else "table"
    return ClusterLog(form, (partition,), tuple(table[PATH]))


def choose(cluster_log: ClusterLog, epoch: int | None, *, wanted: int | None = None) -> int:
    """Return the number, from 0 on, of the entry that the head of a checkpoint has learnt.

    Args:
        cluster_log: of one or more entries.
        epoch: of the checkpoint; None where it does not say.
        wanted: the entry that a user asks for, from 1 on.

    Raises:
        LegacyError: there is no such entry.
    """
    count = len(cluster_log.partitions)
    if wanted is not None:
        if not 1 <= wanted <= count:
            raise LegacyError(
                f"the cluster log has {counted(count, 'entry', 'entries')}, no entry {wanted} (--epoch)"
            )
        return wanted - 1
    if cluster_log.form not in BY_EPOCH or epoch is None or epoch == count:
        return count - 1
    if epoch < count:
        log.warning(
            "the checkpoint has learnt %s and the cluster log has %s: entry %d is taken",
            *(counted(epoch, "epoch"), counted(count, "entry", "entries"), epoch),
        )
        return epoch - 1
    log.warning(
        "the checkpoint has learnt %s and the cluster log has %s: the last one is taken. It "
        "is the right one if the training was resumed, which begins the log anew, and one too old if the "
        "training was stopped between writing the checkpoint and the log: then the head knows little of it",
        *(counted(epoch, "epoch"), counted(count, "entry", "entries")),
    )
    return count - 1


def units(cluster_log: ClusterLog, entry: int, *, n_units: int) -> Positions:
    """Return the unit of the head that has learnt each image's cluster (N).

    Args:
        cluster_log: where the partition stands.
        entry: its number, from 0 on.
        n_units: of the head.

    Raises:
        LegacyError: the head has another number of units than there are clusters, or a table leaves open
            which unit is whose.
    """
    partition = cluster_log.partitions[entry]
    n_clusters = int(partition.class_index.max()) + 1
    if (partition.k is not None and partition.k != n_units) or n_clusters > n_units:
        raise LegacyError(
            f"rule 'one unit of the head per cluster': the head has {n_units} units, and entry {entry + 1} "
            f"of the cluster log has {partition.k or n_clusters} clusters; give the log of this checkpoint, "
            "or another entry of it (--epoch)"
        )
    ranks_are_ids = np.array_equal(partition.class_index, partition.cluster)
    if cluster_log.form == "table" and n_clusters < n_units and not ranks_are_ids:
        raise LegacyError(
            f"rule 'one unit of the head per cluster': the table names {n_clusters} clusters and the head "
            f"has {n_units} units, so it is open which unit is whose; add a column {CLASS_INDEX} that says "
            "it, counting from 0 (in a log of DeepCluster: the rank of the cluster among those with images)"
        )
    return partition.class_index


def _whole_numbers(table: pd.DataFrame, column: str, file: Path) -> list[int]:
    for row, text in table[column].items():
        if text is None or not _is_number(text):
            raise LegacyError(f"row {row} of {file} has the {column} {text!r:.40}, no whole number from 0 on")
    return [int(text) for text in table[column]]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _require_one_to_one(partition: LoggedPartition, file: Path) -> None:
    pairs = pd.DataFrame({CLUSTER: partition.cluster, CLASS_INDEX: partition.class_index}).drop_duplicates()
    for column, other in ((CLUSTER, CLASS_INDEX), (CLASS_INDEX, CLUSTER)):
        doubled = pairs[column][pairs[column].duplicated()]
        if len(doubled):
            raise LegacyError(
                f"rule 'one unit of the head per cluster': {file} gives the {column} {doubled.iloc[0]} more "
                f"than one {other}"
            )
