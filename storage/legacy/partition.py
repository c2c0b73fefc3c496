"""One entry of a cluster log: k lists of positions, checked and turned into a cluster per position."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from storage.legacy.errors import LegacyError

Positions = npt.NDArray[np.int64]

LARGEST_CLUSTER = 1 << 31


@dataclass(frozen=True)
class LoggedPartition:
    """One partition that a log speaks of.

    Attributes:
        cluster: id of the cluster of each image (N).
        class_index: unit of the head that learnt each image's cluster (N). The published code numbers its
            pseudo-labels by the rank of a cluster among those that are not empty.
        k: number of clusters, the empty ones included; None where the log does not tell.
    """

    cluster: Positions
    class_index: Positions
    k: int | None


def from_lists(lists: Any, where: str) -> tuple[LoggedPartition, Positions]:
    """Return the partition that k lists of positions make, and the positions cluster by cluster.

    Args:
        lists: k lists of whole numbers, or a dict of such by cluster.
        where: what to call them in messages.

    Raises:
        LegacyError: they are no such lists, or do not hold every position exactly once.
    """
    if isinstance(lists, dict):
        lists = _by_key(lists, where)
    if not isinstance(lists, list):
        raise LegacyError(f"{where} is {kind(lists)} where the others are lists of clusters")
    for cluster, members in enumerate(lists):
        if not isinstance(members, list | tuple):
            raise LegacyError(f"{where}: cluster {cluster} is {kind(members)}, not a list of positions")
        strangers = [position for position in members if not is_whole(position)]
        if strangers:
            raise LegacyError(f"{where}: cluster {cluster} holds {kind(strangers[0])} instead of a position")
    flat = [position for members in lists for position in members]
    if not flat:
        raise LegacyError(f"{where} holds no images; the run that wrote it had clustered none")
    _require_permutation(flat, where)
    in_cluster_order = np.array(flat, dtype=np.int64)
    cluster_of = np.empty_like(in_cluster_order)
    cluster_of[in_cluster_order] = np.repeat(np.arange(len(lists)), [len(members) for members in lists])
    return LoggedPartition(cluster_of, ranks(cluster_of), len(lists)), in_cluster_order


def from_ids(ids: list[Any], where: str) -> LoggedPartition:
    """Return the partition that one cluster id per image makes.

    Raises:
        LegacyError: an id is no whole number from 0 on.
    """
    wrong = [one for one in ids if not is_whole(one) or not 0 <= one < LARGEST_CLUSTER]
    if wrong:
        raise LegacyError(f"{where} has the cluster {kind(wrong[0])}; clusters are whole numbers from 0 on")
    cluster = np.array(ids, dtype=np.int64)
    return LoggedPartition(cluster, ranks(cluster), None)


def ranks(cluster: Positions) -> Positions:
    """Return the rank of each image's cluster among the clusters that hold images (N)."""
    return np.unique(cluster, return_inverse=True)[1].astype(np.int64)


def is_whole(value: Any) -> bool:
    """Tell whether a value is a whole number and no truth value."""
    return type(value) is int


def kind(value: Any) -> str:
    """Return what to call a value of any kind in a message; a forged one may be endless when written out."""
    if is_whole(value) and abs(value) < LARGEST_CLUSTER:
        return str(value)
    return f"a value of the type {type(value).__name__}"


def _by_key(lists: dict[Any, Any], where: str) -> list[Any]:
    if not all(is_whole(key) and 0 <= key < len(lists) for key in lists):
        raise LegacyError(f"{where} is a dict whose keys are not the clusters 0 to {len(lists) - 1}")
    return [lists[key] for key in range(len(lists))]


def _require_permutation(flat: list[int], where: str) -> None:
    rule = f"rule 'every image is in one cluster': {where}"
    outside = next((position for position in flat if not 0 <= position < len(flat)), None)
    if outside is not None:
        raise LegacyError(
            f"{rule} holds {len(flat)} positions, and {kind(outside)} is not within 0 to {len(flat) - 1}; "
            "the log is incomplete or of another program"
        )
    count = np.bincount(flat, minlength=len(flat))
    if count.max() > 1:
        raise LegacyError(
            f"{rule} holds image {int(count.argmax())} {int(count.max())} times and image "
            f"{int(count.argmin())} never; the log is damaged or of another program"
        )
