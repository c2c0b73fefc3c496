"""The largest eigenvalues of a large sparse matrix and their vectors, hundreds at once.

It is subspace iteration filtered by Chebyshev polynomials (Zhou, Saad, Tiago & Chelikowsky 2006, Parallel
self-consistent-field calculations via Chebyshev-filtered subspace acceleration). A block of vectors is
multiplied by a polynomial of the matrix that is small where eigenvalues are not wanted and large where they
are, and made orthogonal, until it holds what is wanted. An eigenvalue may be there several times, as it
is where a graph falls into pieces; Lanczos' method, as in ARPACK, finds a part of them. LOBPCG finds all and
takes many times as long where hundreds are asked for.
"""

import logging

import numpy as np
import numpy.typing as npt
from scipy import sparse

log = logging.getLogger(__name__)

SPARE = 10
"""Vectors more than asked for, so that those asked for are soon found."""
MOST_GROWTH, MOST_DEGREE = 1e7, 40
"""Of what belongs to the largest eigenvalue, in one product: beyond, its rounding drowns the last modes."""
TOLERANCE = 1e-4
"""Length of what is left of each mode when its multiple is taken off its product with the matrix."""
MOST_ROUNDS = 100
FIRST_CUT, LOWEST_CUT, HIGHEST_CUT = 0.2, -0.5, 0.999

Floats = npt.NDArray[np.float32]


def largest_modes(matrix: sparse.csr_array, count: int) -> tuple[Floats, Floats]:
    """Return the largest eigenvalues, the largest first (count), and their vectors as columns (N x count).

    Args:
        matrix: symmetric, with eigenvalues from -1 to 1 (N x N).
        count: how many, far fewer than N.
    """
    matrix = matrix.astype(np.float32)
    size = min(count + SPARE, matrix.shape[0])
    block = np.random.default_rng(0).normal(size=(matrix.shape[0], size)).astype(np.float32)
    cut, left = FIRST_CUT, np.inf
    for _ in range(MOST_ROUNDS):
        block, _ = np.linalg.qr(_filtered(matrix, block, cut))
        product = matrix @ block
        values, turn = np.linalg.eigh(block.T @ product)
        block, product = block @ turn, product @ turn
        left = float(np.linalg.norm(product - block * values, axis=0)[size - count :].max())
        if left < TOLERANCE:
            break
        cut = float(np.clip(values[0], LOWEST_CUT, HIGHEST_CUT))
    else:
        log.warning("the modes of the graph are known to %.0e only, and should be to %.0e", left, TOLERANCE)
    return values[::-1][:count], block[:, ::-1][:, :count]


def _filtered(matrix: sparse.csr_array, block: Floats, cut: float) -> Floats:
    """Return the product of a Chebyshev polynomial of a matrix, small from -1 to `cut`, and some vectors."""
    middle, half = (cut - 1) / 2, (cut + 1) / 2
    degree = min(MOST_DEGREE, int(np.arccosh(MOST_GROWTH) / np.arccosh((1 - middle) / half)))
    before, now = block, (matrix @ block - middle * block) / half
    for _ in range(degree - 1):
        before, now = now, (matrix @ now - middle * now) * (2 / half) - before
    filtered: Floats = now
    return filtered
