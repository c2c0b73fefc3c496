"""The coins that the network holds to be most alike: in the same cluster and in the others."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

BLOCK = 1024


class Neighbours(NamedTuple):
    """The nearest coins of every coin, the nearest first; -1 where there are no more.

    Attributes:
        position: rows of the nearest coins (N x count).
        similarity: cosine between the features, NaN where there is no coin (N x count).
    """

    position: npt.NDArray[np.int64]
    similarity: npt.NDArray[np.float64]


def nearest(
    features: npt.NDArray[np.floating], cluster: npt.NDArray[np.int64], *, count: int
) -> tuple[Neighbours, Neighbours]:
    """Return for every coin its nearest coins in its own cluster, and those in all other clusters.

    Args:
        features: as k-means sees them (N x d).
        cluster: of each coin (N).
        count: how many to find of each kind.
    """
    rows = features.astype(np.float64)
    rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    same, other = [], []
    for start in range(0, len(rows), BLOCK):
        block = slice(start, start + BLOCK)
        alike = rows[block] @ rows.T
        companions = cluster[block, None] == cluster[None, :]
        itself = np.arange(len(alike)), np.arange(start, start + len(alike))
        within = np.where(companions, alike, -np.inf)
        within[itself] = -np.inf
        same.append(_best(within, count))
        other.append(_best(np.where(companions, -np.inf, alike), count))
    return _joined(same), _joined(other)


def _best(alike: npt.NDArray[np.float64], count: int) -> Neighbours:
    kept = min(count, alike.shape[1])
    # Equally near coins come in the order of their rows, so that the same coins give the same table.
    some = np.sort(np.argpartition(-alike, kept - 1, axis=1)[:, :kept], axis=1)
    rank = np.argsort(-np.take_along_axis(alike, some, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(some, rank, axis=1)
    similarity = np.take_along_axis(alike, order, axis=1)
    there = np.isfinite(similarity)
    position = np.full((len(alike), count), -1, dtype=np.int64)
    values = np.full((len(alike), count), np.nan)
    position[:, :kept] = np.where(there, order, -1)
    values[:, :kept] = np.where(there, similarity, np.nan)
    return Neighbours(position, values)


def _joined(parts: list[Neighbours]) -> Neighbours:
    return Neighbours(*(np.concatenate(part) for part in zip(*parts, strict=True)))
