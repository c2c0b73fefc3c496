"""The partitions of a cluster log up to the one a head has learnt, kept as those of a training of ours."""

from collections.abc import Sequence

import pandas as pd

from coin_xai.clustering.agreement import agreement, moved_share
from storage.atomic import write_bytes, write_frame
from storage.layout import RunLayout
from storage.legacy.partition import LoggedPartition, Positions
from storage.tables import csv_bytes


def keep_history(
    layout: RunLayout,
    partitions: Sequence[LoggedPartition],
    usable: pd.DataFrame,
    *,
    epoch: int,
    head_fit: float,
) -> None:
    """Write one partition and one row of figures an entry.

    The clusters of an epoch are made with the weights of before it. So the last partition, which the head of
    the checkpoint has learnt, bears the number of the epoch before the checkpoint's, and those before it
    count back from there; what would come before epoch 0 is left out.

    Args:
        layout: the run.
        partitions: in the order of the epochs.
        usable: the coins that can be used, by coin_id; the index is their number in the partitions.
        epoch: epoch of the checkpoint.
        head_fit: share of coins that the head puts into their cluster of the last partition.
    """
    images = usable.index.to_numpy()
    figures = []
    before: LoggedPartition | None = None
    for number, partition in enumerate(partitions, start=epoch - len(partitions)):
        if number >= 0:
            figures.append(_figures(number, partition, before, images))
            table = usable[["coin_id", "path"]].assign(
                cluster=partition.cluster[images], class_index=partition.class_index[images]
            )
            write_frame(layout.assignments(number), table)
        before = partition
    figures[-1]["head_fit"] = head_fit
    write_bytes(layout.metrics, csv_bytes(pd.DataFrame(figures)))


def _figures(
    number: int, partition: LoggedPartition, before: LoggedPartition | None, images: Positions
) -> dict[str, float | None]:
    """Return the row of figures of one partition, as far as a log tells them."""
    cluster = partition.cluster[images]
    sizes = pd.Series(cluster).value_counts()
    row: dict[str, float | None] = {
        "epoch": number,
        "dimensions": None,
        "clusters": len(sizes),
        "largest_cluster_share": float(sizes.max() / len(cluster)),
        "empty_clusters": 0 if partition.k is None else partition.k - len(sizes),
        "ami_to_previous": None,
        "nmi_to_previous": None,
        "ari_to_previous": None,
        "moved_share": None,
        "head_fit": None,
    }
    if before is not None:
        to_previous = agreement(before.cluster[images], cluster)
        row.update(
            ami_to_previous=to_previous.ami,
            nmi_to_previous=to_previous.nmi,
            ari_to_previous=to_previous.ari,
            moved_share=moved_share(before.cluster[images], cluster),
        )
    return row
