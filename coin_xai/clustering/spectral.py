"""Spectral clustering of a graph of neighbours (Ng, Jordan, Weiss 2002; Shi & Malik 2000).

k-means asks which coins lie around one centre; this asks which hang together by chains of neighbours, so that
a cluster may be as long as wear and style have drawn it.
"""

import numpy as np
import numpy.typing as npt
import scipy.linalg
from scipy import sparse

from coin_xai.clustering.eigen import largest_modes
from coin_xai.errors import OptionError

MOST_SOLVED_WHOLE = 2000
# Rounding of what should be zero.
SMALLEST_LENGTH = 1e-9


def join(neighbours: npt.NDArray[np.int64]) -> sparse.csr_array:
    """Return the graph of coins that are among each other's neighbours (N x N, symmetric, no loops).

    A link counts half for each coin that names the other.

    Args:
        neighbours: of each coin (N x count).
    """
    n_coins, count = neighbours.shape
    rows = np.repeat(np.arange(n_coins), count)
    named = sparse.csr_array((np.full(neighbours.size, 0.5), (rows, neighbours.ravel())), (n_coins, n_coins))
    return sparse.csr_array(named + named.T)


def embed(graph: sparse.csr_array, dimensions: int) -> npt.NDArray[np.float32]:
    """Return each node's place along the slowest modes of the graph, as rows of length 1 (N x dimensions).

    The modes are the eigenvectors of the normalised Laplacian with the smallest eigenvalues. A coin that
    hangs loosely on its cluster lies nearer to the origin and counts as much as the others once its row is
    made as long as theirs (Ng, Jordan, Weiss 2002). A node that no mode reaches stays at the origin.

    Args:
        graph: symmetric, without negative weights, every node linked (N x N).
        dimensions: how many modes, fewer than there are nodes.

    Raises:
        OptionError: as many dimensions as nodes.
    """
    n_nodes = graph.shape[0]
    if dimensions >= n_nodes:
        raise OptionError(
            f"k = {dimensions} clusters of a graph of {n_nodes} photographs; choose k below {n_nodes}"
        )
    _, modes = slowest_modes(graph, dimensions)
    modes *= np.sign(modes[np.abs(modes).argmax(axis=0), np.arange(dimensions)])
    lengths = np.linalg.norm(modes, axis=1, keepdims=True)
    return np.ascontiguousarray(modes / np.maximum(lengths, SMALLEST_LENGTH), dtype=np.float32)


def slowest_modes(
    graph: sparse.csr_array, count: int
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """Return the largest eigenvalues of the normalised graph, falling from 1, and their vectors as columns.

    They are one less the smallest eigenvalues of the normalised Laplacian (count, and N x count).

    Args:
        graph: symmetric, without negative weights, every node linked (N x N).
        count: how many, fewer than there are nodes.
    """
    n_nodes = graph.shape[0]
    root = np.sqrt(graph.sum(axis=1))
    walk = sparse.diags_array(1 / root) @ graph @ sparse.diags_array(1 / root)
    if n_nodes <= MOST_SOLVED_WHOLE:
        values, modes = scipy.linalg.eigh(walk.toarray(), subset_by_index=[n_nodes - count, n_nodes - 1])
    else:
        values, modes = largest_modes(sparse.csr_array(walk), count)
    order = np.argsort(-values, kind="stable")[:count]
    return values[order], modes[:, order]
