"""Which number of clusters a graph of neighbours speaks for by itself, if any.

A graph of k groups that hardly hang together has k slow modes: its k largest eigenvalues are near 1, and the
next ones are not (the eigengap; von Luxburg 2007, A tutorial on spectral clustering, section 8.3). In a graph
without groups eigenvalues fall from each to the next as well, so a fall says something only where it is many
times as deep as those beside it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.clustering.spectral import join, slowest_modes

MOST_K, COINS_OF_EACH = 100, 5
"""No k is asked about beyond: the first, nor one that leaves each cluster fewer coins than the second."""

BESIDE = 4
"""Falls before and behind that each is compared with."""

SMALLEST = 1e-9
"""Falls below are rounding: of a graph in pieces, the eigenvalues of all pieces are 1."""

LIMIT = 6.0
"""How many times as deep a fall must be; docs/comparing.md says what graphs without groups reach."""


@dataclass(frozen=True)
class Falls:
    """How the eigenvalues of a graph fall.

    Attributes:
        table: a row a k, from 2 on: k, eigenvalue (the k-th), fall (to the next), times (the fall, as a
            multiple of the mean of those beside it).
        stands_out: the k whose fall is deepest so, if it is more than LIMIT times as deep; else None.
    """

    table: pd.DataFrame
    stands_out: int | None


def falls_of(neighbours: npt.NDArray[np.int64]) -> Falls | None:
    """Find how the eigenvalues of the graph of neighbours fall; None for fewer than 20 coins.

    Args:
        neighbours: of each coin (N x count).
    """
    highest = min(MOST_K, len(neighbours) // COINS_OF_EACH)
    if highest < BESIDE:
        return None
    values, _ = slowest_modes(join(neighbours), highest + BESIDE + 1)
    fall = np.maximum(-np.diff(values.astype(np.float64)), 0)  # the fall behind k is at k - 1
    table = pd.DataFrame({"k": range(2, highest + 1)})
    table["eigenvalue"], table["fall"] = values[1:highest], fall[1:highest]
    table["times"] = [fall[k - 1] / max(_beside(fall, k - 1), SMALLEST) for k in range(2, highest + 1)]
    deepest = table.loc[table["times"].idxmax()]
    return Falls(table, int(deepest["k"]) if deepest["times"] > LIMIT else None)


def _beside(fall: npt.NDArray[np.float64], position: int) -> float:
    """Return the mean of the falls beside one; the first of all, which is of the graph in pieces, is none."""
    before = fall[max(1, position - BESIDE) : position]
    return float(np.r_[before, fall[position + 1 : position + 1 + BESIDE]].mean())
