"""The file `clusters`: which image was in which cluster, epoch by epoch, in the forms that exist.

    reference   a list of entries, one an epoch; an entry is k lists of positions in the data set
    thesis      the same, an entry being (k lists, N pairs of path and label, number of epochs); the pairs are
                in the order of the clusters: pair j belongs to position j of the k lists, one after the other
    released    a list of N pairs of path and cluster, of the last epoch alone

Which photograph a position or a path means is not known here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from storage.legacy.errors import LegacyError
from storage.legacy.partition import LoggedPartition, Positions, from_ids, from_lists, is_whole, kind
from storage.legacy.pickles import read_plain

Form = Literal["reference", "thesis", "released", "table", "assignments"]

LARGEST_BYTES = 1 << 29


@dataclass(frozen=True)
class ClusterLog:
    """A cluster log that has passed its checks.

    Attributes:
        form: as in the head of this module; a `table` of paths and clusters, or one that names the units of
            the head too, `assignments`.
        partitions: one or more, in the order of the epochs.
        paths: of each image as the log names it, on another machine as a rule (N); None in the form
            `reference`, which counts the images in the order of their folder.
    """

    form: Form
    partitions: tuple[LoggedPartition, ...]
    paths: tuple[str, ...] | None

    @property
    def n_images(self) -> int:
        """Number of images."""
        return len(self.partitions[0].cluster)


def read_cluster_log(path: Path) -> ClusterLog:
    """Read a pickled cluster log, whichever form it has, without running anything in it.

    Raises:
        LegacyError: there is no such file, it is no plain pickle, has none of the forms, or breaks a rule.
    """
    if not path.is_file():
        raise LegacyError(f"the cluster log {path} is not there (--cluster-log)")
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise LegacyError(f"{path} has {size / 1e6:.0f} MB, too many to read; keep the last entry of it only")
    content = read_plain(path.read_bytes(), name=str(path))
    if not isinstance(content, list | tuple) or not content:
        raise LegacyError(f"{path} is no cluster log: it holds {kind(content)}, not a list of epochs")
    _require_honest_size(content, size, path)
    if _is_pair(content[0]):
        return _released(content, path)
    if _is_triple(content[0]):
        return _thesis(content, path)
    if isinstance(content[0], list | dict):
        return _reference(content, path)
    raise LegacyError(
        f"{path} has none of the forms of a cluster log: its first entry is {kind(content[0])}, not a list "
        "of clusters, a triple of clusters, paths and epochs, or a pair of path and cluster"
    )


def _reference(content: Any, path: Path) -> ClusterLog:
    partitions = [
        from_lists(entry, f"entry {number} of {path}")[0] for number, entry in enumerate(content, 1)
    ]
    _require_one_size(partitions, path)
    return ClusterLog("reference", tuple(partitions), None)


def _thesis(content: Any, path: Path) -> ClusterLog:
    partitions, paths = [], []
    for number, entry in enumerate(content, 1):
        where = f"entry {number} of {path}"
        if not _is_triple(entry):
            raise LegacyError(f"{where} is no triple of clusters, paths and epochs, as the first one is")
        partition, in_cluster_order = from_lists(entry[0], where)
        partitions.append(partition)
        paths.append(_paths_by_position(entry[1], partition, in_cluster_order, where))
    _require_one_size(partitions, path)
    other = next((number for number, found in enumerate(paths, 1) if found != paths[0]), None)
    if other is not None:
        raise LegacyError(
            f"rule 'all entries speak of the same images': entry {other} of {path} gives the positions other "
            "paths than entry 1; the folder changed meanwhile. Keep the entries of one folder only"
        )
    return ClusterLog("thesis", tuple(partitions), paths[0])


def _released(content: Any, path: Path) -> ClusterLog:
    wrong = next((number for number, entry in enumerate(content, 1) if not _is_pair(entry)), None)
    if wrong is not None:
        raise LegacyError(f"entry {wrong} of {path} is no pair of path and cluster, as the first one is")
    partition = from_ids([cluster for _, cluster in content], str(path))
    return ClusterLog("released", (partition,), tuple(_text(image) for image, _ in content))


def _paths_by_position(
    pairs: list[Any], partition: LoggedPartition, in_cluster_order: Positions, where: str
) -> tuple[str, ...]:
    """Return the path of each position from pairs of path and label in the order of the clusters."""
    if len(pairs) != len(in_cluster_order):
        raise LegacyError(
            f"rule 'one path per image': {where} has {len(pairs)} paths for {len(in_cluster_order)} images"
        )
    paths = [""] * len(pairs)
    for pair, position in zip(pairs, in_cluster_order.tolist(), strict=True):
        if not _is_pair(pair):
            raise LegacyError(f"{where} has {kind(pair)} among its pairs of path and label")
        label = int(partition.class_index[position])
        if pair[1] != label:
            raise LegacyError(
                f"rule 'labels are the ranks of the non-empty clusters': {where} gives {_text(pair[0])!r} "
                f"the label {kind(pair[1])}, and its cluster has the rank {label}; the pairs belong to other "
                "lists"
            )
        paths[position] = _text(pair[0])
    return tuple(paths)


def _require_one_size(partitions: list[LoggedPartition], path: Path) -> None:
    sizes = [len(partition.cluster) for partition in partitions]
    other = next((number for number, size in enumerate(sizes, 1) if size != sizes[0]), None)
    if other is not None:
        raise LegacyError(
            f"rule 'all entries speak of the same images': entry {other} of {path} has {sizes[other - 1]} "
            f"images and entry 1 has {sizes[0]}"
        )


def _require_honest_size(content: Any, n_bytes: int, path: Path) -> None:
    """Refuse a small file that names one list over and over again and would take for ever to read.

    In an honest log every list, position and pair is written out, in a byte at least.
    """
    total = 0
    for length in _lengths(content):
        total += length
        if total > n_bytes:
            raise LegacyError(f"{path} is no cluster log: it holds more images than bytes; do not use it")


def _lengths(content: Any) -> Iterator[int]:
    yield len(content)
    for entry in content:
        for part in entry if _is_triple(entry) else (entry,):
            if isinstance(part, list | dict):
                yield len(part)
                members = part.values() if isinstance(part, dict) else part
                for one in members:
                    if isinstance(one, list | tuple):
                        yield len(one)


def _is_pair(entry: Any) -> bool:
    return isinstance(entry, list | tuple) and len(entry) == 2 and isinstance(entry[0], str | bytes)


def _is_triple(entry: Any) -> bool:
    return (
        isinstance(entry, list | tuple)
        and len(entry) == 3
        and isinstance(entry[0], list | dict)
        and isinstance(entry[1], list)
        and is_whole(entry[2])
    )


def _text(path: str | bytes) -> str:
    """Return a path as text; Python 2 kept the bytes of the file system."""
    if isinstance(path, str):
        return path
    try:
        return path.decode()
    except UnicodeDecodeError:
        return path.decode("latin1")
