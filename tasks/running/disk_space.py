"""How much space an explanation still needs, told when the disk is full."""

from collections.abc import Iterator
from contextlib import contextmanager

from storage.errors import NoSpaceError
from storage.layout import ExplanationLayout
from storage.markers import read_marker
from tasks.collection import Shard, chunks

MEGABYTE = 1_000_000


@contextmanager
def telling_space(files: ExplanationLayout, parts: list[Shard], *, epoch: int) -> Iterator[None]:
    """Say how much space is still needed where the block ends because the disk is full.

    Args:
        files: the explanation.
        parts: what of it is to be made.
        epoch: that is explained.

    Raises:
        NoSpaceError: the disk is full.
    """
    try:
        yield
    except NoSpaceError as error:
        needed = _needed_bytes(files, [cluster for part in parts for cluster in part.clusters], epoch)
        if not needed:
            raise
        raise NoSpaceError(
            f"{error}; at least {needed / MEGABYTE:,.1f} MB are needed for the rest"
        ) from error


def _needed_bytes(files: ExplanationLayout, clusters: list[int], epoch: int) -> float:
    """Return what is missing if a coin takes as much as those that are done, of each kind that some are."""
    own = list(chunks(files, clusters))
    coins = {
        cluster: sum(len(chunk.coins) for chunk in own if chunk.cluster == cluster) for cluster in clusters
    }
    needed = 0.0
    for folders in (
        [(files.maps(chunk.cluster, chunk.number), len(chunk.coins)) for chunk in own],
        [(files.pictures(epoch, cluster), coins[cluster]) for cluster in clusters],
        [(files.page_pictures(cluster), coins[cluster]) for cluster in clusters],
    ):
        markers = [(read_marker(folder), count) for folder, count in folders]
        done = sum(count for marker, count in markers if marker)
        taken = sum(one["bytes"] for marker, _ in markers if marker for one in marker["files"].values())
        needed += taken / max(1, done) * (sum(count for _, count in markers) - done)
    return needed
