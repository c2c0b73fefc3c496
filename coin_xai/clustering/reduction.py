"""PCA whitening and row normalisation: what stands between the features and k-means."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.linalg
from scipy.linalg.blas import dsyrk

from coin_xai.errors import OptionError

Array = npt.NDArray[np.float32]

# Directions with less than this share of the largest variance hold rounding errors of the features, not
# coins: a hundred thousandth of the largest deviation.
SMALLEST_VARIANCE_SHARE = 1e-10
SMALLEST_NORM = 1e-10
# Rows or columns worked on at once, so that no second matrix as large as the features is ever made.
BLOCK = 128


@dataclass(frozen=True)
class Whitening:
    """A fitted reduction from d_in features to d whitened, row-normalised ones.

    Attributes:
        mean: of the features (d_in).
        components: orthonormal directions, one a row, by falling variance (d x d_in).
        variances: of the features along the components (d).
        rectified: whether the features are rectified first, as the head's are.
    """

    mean: Array
    components: Array
    variances: Array
    rectified: bool = False

    def apply(self, features: Array) -> Array:
        """Return whitened rows of length 1 (N x d, float32); a row without any signal stays 0."""
        reduced = np.empty((len(features), len(self.variances)), dtype=np.float32)
        for rows in _blocks(len(features)):
            taken = np.maximum(features[rows], 0) if self.rectified else features[rows]
            whitened = (taken - self.mean) @ self.components.T / np.sqrt(self.variances)
            norms = np.linalg.norm(whitened, axis=1, keepdims=True)
            reduced[rows] = whitened / np.maximum(norms, SMALLEST_NORM)
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
    components alone; faiss decomposes all of it, at cubic cost. It is summed in double precision: a network
    that collapses onto few directions leaves the others at a millionth of the variance, which single
    precision could not tell from its own errors. There are never more components than the data has
    directions.

    Raises:
        OptionError: fewer than three coins, features that are not finite, or all of them equal.
    """
    n_coins, n_features = features.shape
    if n_coins < 3:
        raise OptionError(f"{n_coins} coins are too few to cluster; give at least 3")
    mean = features.mean(axis=0, dtype=np.float64).astype(np.float32)
    if not np.isfinite(mean).all():
        raise OptionError(
            "the features hold NaN or infinite values: learning diverged, or the initial weights are "
            "damaged; choose a smaller learning rate"
        )
    wanted = min(dimensions, n_coins - 1, n_features)
    by_coin = n_coins < n_features
    square = _gram(features, mean) if by_coin else _covariance(features, mean)
    last = square.shape[0] - 1
    values, vectors = scipy.linalg.eigh(
        square, subset_by_index=[last - wanted + 1, last], overwrite_a=True, check_finite=False
    )
    del square
    values, vectors = values[::-1], vectors[:, ::-1]
    kept = values > max(values[0], 0) * SMALLEST_VARIANCE_SHARE
    if not kept.any():
        raise OptionError("all photographs have the same features; are they copies of one picture?")
    values, vectors = values[kept], vectors[:, kept]
    components = vectors.T
    if by_coin:
        weights = vectors / np.sqrt(values)
        components = sum(weights[rows].T @ (features[rows] - mean) for rows in _blocks(n_coins))
    # The sign of an eigenvector is arbitrary; fixing it makes runs comparable across machines.
    strongest = np.abs(components).argmax(axis=1)
    components = components * np.sign(components[np.arange(len(components)), strongest])[:, None]
    return Whitening(
        mean=mean.astype(np.float32),
        components=np.ascontiguousarray(components, dtype=np.float32),
        variances=(values / (n_coins - 1)).astype(np.float32),
    )


# Both add in place, and the lower triangle alone: half of the work, and no second square beside it.


def _gram(features: Array, mean: Array) -> npt.NDArray[np.float64]:
    """Return the products of all pairs of centred coins, summed over the features (N x N)."""
    square = np.zeros((len(features), len(features)), order="F")
    for columns in _blocks(features.shape[1]):
        centred = np.subtract(features[:, columns], mean[columns], dtype=np.float64)
        square = dsyrk(1.0, centred.T, 1.0, square, trans=1, lower=1, overwrite_c=1)
    return square


def _covariance(features: Array, mean: Array) -> npt.NDArray[np.float64]:
    """Return the products of all pairs of centred features, summed over the coins (d_in x d_in)."""
    square = np.zeros((features.shape[1], features.shape[1]), order="F")
    for rows in _blocks(len(features)):
        centred = np.subtract(features[rows], mean, dtype=np.float64)
        square = dsyrk(1.0, centred.T, 1.0, square, lower=1, overwrite_c=1)
    return square


def _blocks(n_rows: int) -> list[slice]:
    return [slice(start, start + BLOCK) for start in range(0, n_rows, BLOCK)]
