"""How far each coin is turned, from how far it is turned against those that match it.

Museums turn coins upright by eye. Two coins of one kind tell how far one is turned against the other, never
which of them stands upright; but each has several such neighbours, and these have others. The turns that
agree best with all of these differences are found at once: it is angular synchronisation (Singer 2011,
Angular synchronization by eigenvectors and semidefinite programming), for small angles by least squares.
Where a motif fixes no angle the differences contradict each other, and a coin stays nearly as it is.
"""

import numpy as np
import numpy.typing as npt
import scipy.sparse.linalg
from scipy import sparse

TURN_DEG = 8.0
"""How far coins are turned for trial, either way."""
UPRIGHT_LINKS = 1.0
"""Each coin counts as turned by nothing against so many more neighbours."""
SMALLEST_CURVATURE = 1e-6

Floats = npt.NDArray[np.floating]


def best_turn(clockwise: Floats, as_is: Floats, counter_clockwise: Floats) -> npt.NDArray[np.float64]:
    """Return at which turn a likeness is highest, in degrees counter-clockwise, at most 8 either way.

    Args:
        clockwise: likeness after a turn by 8 degrees clockwise (any shape).
        as_is: without a turn.
        counter_clockwise: after a turn by 8 degrees the other way; a parabola is laid through the three.
    """
    curvature = 2 * as_is - clockwise - counter_clockwise
    slope = (counter_clockwise - clockwise) / 2
    at = np.where(
        curvature > SMALLEST_CURVATURE, slope / np.maximum(curvature, SMALLEST_CURVATURE), np.sign(slope)
    )
    return np.asarray(TURN_DEG * np.clip(at, -1, 1))


def synchronise(neighbours: npt.NDArray[np.int64], turn_deg: Floats) -> npt.NDArray[np.float64]:
    """Return by how much to turn each coin, so that it stands as its neighbours then do (N).

    Args:
        neighbours: of each coin (N x count).
        turn_deg: by how much each coin is to be turned to match each neighbour as it is (N x count).
    """
    n_coins, count = neighbours.shape
    own, other = np.repeat(np.arange(n_coins), count), neighbours.ravel()
    ones, rows = np.ones(own.size), np.arange(own.size)
    difference = sparse.csr_array(
        (np.r_[ones, -ones], (np.r_[rows, rows], np.r_[own, other])), (own.size, n_coins)
    )
    normal = difference.T @ difference + UPRIGHT_LINKS * sparse.eye_array(n_coins)
    turns, failed = scipy.sparse.linalg.cg(normal, difference.T @ turn_deg.ravel(), rtol=1e-6)
    assert not failed  # the system is positive definite, and its upright links keep it well conditioned
    return np.asarray(turns)
