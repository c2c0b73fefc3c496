"""Power iteration clustering, the alternative to k-means that Caron et al. 2018 try (after Lin & Cohen 2010).

Coins are nodes of a graph of nearest neighbours. A random walk that restarts everywhere gives each node a
weight; every node then points to the neighbour that most raises it, and nodes that lead to the same summit
are a cluster. The number of clusters is found, not asked for.

Quirks of the published algorithm, all kept:

- Each coin is assumed to be its own nearest neighbour and the first answer of the search is dropped. A copy
  of a photograph can take that place; the coin is then its own neighbour, which no gain ever prefers.
- Affinities fall with exp(-distance / 0.04), for squared distances of up to 4 on the unit sphere. In many
  whitened dimensions they underflow, the restart outweighs them, and the clusters are close to arbitrary.
- They are not divided by the degree of a node: the walk favours crowded regions.
- The walk keeps a thousandth of the affinities and restarts with the rest, so that weights differ little;
  double precision keeps those differences, where the published single precision rounds some away.
"""

import faiss
import numpy as np
import numpy.typing as npt
from scipy import sparse

from coin_xai.clustering.partition import Clustering
from coin_xai.errors import OptionError

NEIGHBOURS = 5
BANDWIDTH = 0.2
WALK_SHARE = 0.001
STEPS = 200


def cluster_by_power_iteration(points: npt.NDArray[np.float32]) -> Clustering:
    """Cluster points (N x d, rows of length 1) into as many groups as there are summits.

    A group of one joins the group of its nearest neighbour that is not alone. Groups are numbered by their
    first coin. The centroids of the result are the means of the groups; the algorithm itself has none.

    Raises:
        OptionError: fewer points than a node has neighbours.
    """
    n_points = len(points)
    if n_points <= NEIGHBOURS:
        raise OptionError(
            f"power iteration clustering needs more than {NEIGHBOURS} photographs; there are {n_points}"
        )
    index = faiss.IndexFlatL2(points.shape[1])
    index.add(points)
    distance, neighbour = index.search(points, NEIGHBOURS + 1)
    distance, neighbour = distance[:, 1:], neighbour[:, 1:]
    rows = np.repeat(np.arange(n_points), NEIGHBOURS)
    affinity = np.exp(-distance.ravel().astype(np.float64) / BANDWIDTH**2)
    directed = sparse.csr_array((affinity, (rows, neighbour.ravel())), shape=(n_points, n_points))
    graph = sparse.csr_array(directed + directed.T)
    summit = _summits(_next_nodes(graph, _weights(graph)))
    group = _join_singletons(summit, neighbour)
    _, first, cluster = np.unique(group, return_index=True, return_inverse=True)
    cluster = np.argsort(np.argsort(first))[cluster].astype(np.int64)
    centroids = np.stack([points[cluster == one].mean(axis=0) for one in range(len(first))])
    return Clustering(
        cluster=cluster,
        distance=((points - centroids[cluster]) ** 2).sum(axis=1),
        centroids=centroids.astype(np.float32),
    )


def _weights(graph: sparse.csr_array) -> npt.NDArray[np.float64]:
    """Return the weight of each node after a walk with restarts (N, sum 1)."""
    n_nodes = graph.shape[0]
    weight = np.full(n_nodes, 1 / n_nodes)
    for _ in range(STEPS):
        weight = WALK_SHARE * (graph.T @ weight) + (1 - WALK_SHARE) / n_nodes
        weight /= weight.sum()
    return weight


def _next_nodes(graph: sparse.csr_array, weight: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return for each node the neighbour that raises it most, or the node itself on a summit (N)."""
    edges = graph.tocoo()
    gain = edges.data * (weight[edges.col] - weight[edges.row])
    # The last entry written to a node is the one that stays: the largest gain, and of equal ones the first.
    order = np.lexsort((-np.arange(len(gain)), gain))
    order = order[gain[order] > 0]
    pointer = np.arange(graph.shape[0])
    pointer[edges.row[order]] = edges.col[order]
    return pointer


def _summits(pointer: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Follow the pointers to their ends (N); each step leads to a larger weight, so there are no circles."""
    while not np.array_equal(further := pointer[pointer], pointer):
        pointer = further
    return pointer


def _join_singletons(group: npt.NDArray[np.int64], neighbour: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    alone = np.bincount(group, minlength=len(group))[group] == 1
    joined = group.copy()
    for node in np.flatnonzero(alone):
        company = neighbour[node][~alone[neighbour[node]]]
        if len(company):
            joined[node] = group[company[0]]
    return joined
