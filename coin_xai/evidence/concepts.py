"""Concepts that the coins of a cluster share: deep feature factorisation (Collins et al. 2018).

The maps of a layer, of all coins of a cluster together, are written as a product of few factors without
negative parts. A factor means the same on every coin, so its places can be laid beside each other.
"""

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import NMF
from sklearn.exceptions import ConvergenceWarning

ITERATIONS = 200
"""Enough for a picture: the places move little long before the factors are exact."""


@dataclass(frozen=True)
class Concepts:
    """What the coins of one cluster share.

    Attributes:
        places: how strongly each concept is present in each cell, 0 and more (N x concepts x h x w).
        share: of each concept in all that the layer holds of each coin; rows sum to 1, or are 0 where the
            layer is silent (N x concepts).
        explained: share of the squared activation that the concepts account for, 0 to 1.
    """

    places: npt.NDArray[np.float32]
    share: npt.NDArray[np.float64]
    explained: float


def factorise(maps: npt.NDArray[np.floating], *, concepts: int) -> Concepts:
    """Return the concepts of a cluster, the one with the largest share first.

    Args:
        maps: rectified maps of its coins (N x channels x h x w).
        concepts: how many to look for; there are never more than channels, or cells of all coins.
    """
    count, channels, height, width = maps.shape
    cells = np.maximum(maps, 0).astype(np.float32).transpose(0, 2, 3, 1).reshape(-1, channels)
    wanted = min(concepts, *cells.shape)
    total = float((cells.astype(np.float64) ** 2).sum())
    if total == 0:
        nothing = np.zeros((count, wanted, height, width), np.float32)
        return Concepts(nothing, np.zeros((count, wanted)), 0.0)
    # NNDSVD starts from the singular vectors: no random choice, and so the same concepts every time.
    model = NMF(wanted, init="nndsvda", max_iter=ITERATIONS, tol=1e-3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        places = model.fit_transform(cells)
    rest = float(((cells - places @ model.components_).astype(np.float64) ** 2).sum())
    # The scale of a factor is arbitrary between its two sides; put it all into the places.
    places = places * np.linalg.norm(model.components_, axis=1)
    mass = places.reshape(count, -1, wanted).sum(axis=1, dtype=np.float64)
    every = mass.sum(axis=1, keepdims=True)
    share = np.divide(mass, every, out=np.zeros_like(mass), where=every > 0)
    order = np.argsort(-share.mean(axis=0), kind="stable")
    grid = places.reshape(count, height, width, wanted).transpose(0, 3, 1, 2)
    return Concepts(np.ascontiguousarray(grid[:, order]), share[:, order], max(0.0, 1 - rest / total))
