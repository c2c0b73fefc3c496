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
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

TURN_DEG = 8.0
"""How far coins are turned for trial, either way."""
UPRIGHT_LINKS = 1.0
"""Each coin counts as turned by nothing against so many more neighbours."""
SMALLEST_CURVATURE = 1e-6
MOST_SWEEPS = 15
"""How often at most each coin is turned to where most of its neighbours say."""
FEW = 0.005
"""Of the coins: when no more than so many have been turned by much, no sweep follows."""
TRIAL_DEG = 360 / 128
CONCENTRATION = 30.0
"""Of the von Mises distribution in which a neighbour votes: ten degrees either way."""
MUCH_DEG = 15.0

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


def synchronise_freely(neighbours: npt.NDArray[np.int64], turn_deg: Floats) -> npt.NDArray[np.float64]:
    """Return by how much to turn each coin, of coins that lie at any angle (N).

    Angles are handed on along a spanning tree, and then each coin is turned to where most of its neighbours
    say, a few times over. Most say, not all: where a motif repeats itself, some are wrong by a right angle,
    and a mean of both would be wrong for sure. Of coins that no chain of neighbours joins nothing is known.

    Args:
        neighbours: of each coin (N x count).
        turn_deg: by how much each neighbour is to be turned to match the coin as it is (N x count).
    """
    n_coins, count = neighbours.shape
    coin, other = np.repeat(np.arange(n_coins), count), neighbours.ravel()
    difference = np.radians(turn_deg.ravel())
    # Each link tells both of its coins: the other's angle, and what to add to it.
    told = np.r_[other, coin]
    by, added = np.r_[coin, other], np.r_[difference, -difference]
    order = np.argsort(told, kind="stable")
    by, added = by[order], added[order]
    begin = np.searchsorted(told[order], np.arange(n_coins + 1))
    angle = _along_a_tree(n_coins, coin, other, difference)
    trials = np.radians(np.arange(0, 360, TRIAL_DEG))
    for _ in range(MOST_SWEEPS):
        turned = 0
        for one in range(n_coins):
            links = slice(begin[one], begin[one + 1])
            says = angle[by[links]] + added[links]
            most = trials[_weight(trials[:, None] - says).sum(axis=1).argmax()]
            found = np.angle((_weight(most - says) * np.exp(1j * says)).sum())
            turned += np.cos(found - angle[one]) < np.cos(np.radians(MUCH_DEG))
            angle[one] = found
        if turned <= FEW * n_coins:
            break
    return np.degrees(angle)


def _weight(difference: Floats) -> Floats:
    return np.exp(CONCENTRATION * (np.cos(difference) - 1))


def _along_a_tree(
    n_coins: int, coin: npt.NDArray[np.int64], other: npt.NDArray[np.int64], difference: Floats
) -> npt.NDArray[np.float64]:
    """Return angles that agree with the links of a spanning tree, zero for the first of each part (N)."""
    links = dict(zip(zip(other.tolist(), coin.tolist(), strict=True), (-difference).tolist(), strict=True))
    links |= dict(zip(zip(coin.tolist(), other.tolist(), strict=True), difference.tolist(), strict=True))
    graph = sparse.csr_array((np.ones(len(coin)), (coin, other)), (n_coins, n_coins))
    tree = minimum_spanning_tree(graph)
    angle, known = np.zeros(n_coins), np.zeros(n_coins, dtype=bool)
    for first in range(n_coins):
        if known[first]:
            continue
        order, before = breadth_first_order(tree, first, directed=False)
        for one in order[1:].tolist():
            angle[one] = angle[before[one]] + links[int(before[one]), one]
        known[order] = True
    return angle
