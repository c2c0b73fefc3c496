"""PCA whitening and row normalisation: what stands between the features and k-means."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg

from coin_xai.errors import OptionError

Array = npt.NDArray[np.float32]

# Directions with less than this share of the largest variance hold rounding errors, not coins.
SMALLEST_VARIANCE_SHARE = 1e-6
SMALLEST_NORM = 1e-10


@dataclass(frozen=True)
class Whitening:
    """A fitted reduction from d_in features to d whitened, row-normalised ones.

    Attributes:
        mean: of the features (d_in).
        components: orthonormal directions, one a row, by falling variance (d x d_in).
        variances: of the features along the components (d).
    """

    mean: Array
    components: Array
    variances: Array

    def apply(self, features: Array) -> Array:
        """Return whitened rows of length 1 (N x d, float32); a row without any signal stays 0."""
        whitened = (features - self.mean) @ self.components.T / np.sqrt(self.variances)
        norms = np.linalg.norm(whitened, axis=1, keepdims=True)
        reduced: Array = (whitened / np.maximum(norms, SMALLEST_NORM)).astype(np.float32)
        return reduced


def default_dimensions(n_coins: int) -> int:
    """Return how many whitened dimensions a collection of this size supports.

    With fewer than about 25 coins per dimension, whitening blows noise up until all coins are equally far
    from each other and k-means returns an arbitrary partition.
    """
    return max(2, min(32, n_coins // 40))


def fit_whitening(features: Array, dimensions: int) -> Whitening:
    """Fit the reduction to features (N x d_in).

    The smaller of the covariance (d_in x d_in) and the Gram matrix (N x N) is decomposed, for the wanted
    components alone; faiss decomposes all of it, at cubic cost. There are never more components than the
    data has directions.

    Raises:
        OptionError: fewer than two coins, or all features equal.
    """
    n_coins, n_features = features.shape
    if n_coins < 3:
        raise OptionError(f"{n_coins} coins are too few to cluster; give at least 3")
    mean = features.mean(axis=0)
    centred = features - mean
    wanted = min(dimensions, n_coins - 1, n_features)
    by_coin = n_coins < n_features
    square = (centred @ centred.T if by_coin else centred.T @ centred).astype(np.float64)
    last = square.shape[0] - 1
    values, vectors = scipy.linalg.eigh(square, subset_by_index=[last - wanted + 1, last], check_finite=True)
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = values > max(values[0], 0) * SMALLEST_VARIANCE_SHARE
    if not kept.any():
        raise OptionError("all photographs have the same features; are they copies of one picture?")
    values, vectors = values[kept], vectors[:, kept]
    components = (vectors / np.sqrt(values)).T @ centred if by_coin else vectors.T
    # The sign of an eigenvector is arbitrary; fixing it makes runs comparable across machines.
    strongest = np.abs(components).argmax(axis=1)
    components = components * np.sign(components[np.arange(len(components)), strongest])[:, None]
    return Whitening(
        mean=mean.astype(np.float32),
        components=np.ascontiguousarray(components, dtype=np.float32),
        variances=(values / (n_coins - 1)).astype(np.float32),
    )
