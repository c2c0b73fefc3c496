import numpy as np
import pytest
from scipy import sparse
from sklearn.manifold import spectral_embedding

from coin_xai.clustering import spectral
from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.kmeans import cluster
from coin_xai.clustering.spectral import embed, join
from coin_xai.errors import OptionError


def rings(n_each=120, seed=0):
    """Three rings around one centre, which no centroid can tell apart."""
    generator = np.random.default_rng(seed)
    truth = np.repeat(np.arange(3), n_each)
    angle = generator.uniform(0, 2 * np.pi, len(truth))
    radius = 1 + 2 * truth + 0.03 * generator.normal(size=len(truth))
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype(np.float32), truth


def nearest_points(points, count):
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    return distance.argsort(axis=1)[:, 1 : count + 1]


@pytest.fixture(params=["solved whole", "iterated"], autouse=True)
def solver(request, monkeypatch):
    if request.param == "iterated":
        monkeypatch.setattr(spectral, "MOST_SOLVED_WHOLE", 0)


def test_coins_that_hang_together_by_chains_are_one_cluster():
    points, truth = rings()
    graph = join(nearest_points(points, 6))
    found = cluster(embed(graph, 3), 3, seed=0, restarts=5, iterations=50)
    assert agreement(truth, found.cluster).ami > 0.95
    by_centre = cluster(points, 3, seed=0, restarts=5, iterations=50)
    assert agreement(truth, by_centre.cluster).ami < 0.3


def test_the_embedding_is_that_of_scikit_learn():
    points = np.random.default_rng(1).normal(size=(180, 3)).astype(np.float32)
    graph = join(nearest_points(points, 7))
    expected = spectral_embedding(graph.toarray(), n_components=5, drop_first=False, random_state=0)
    # It divides by the roots of the degrees, which drops out of rows of length 1.
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    found = embed(graph, 5)
    # Each mode up to its sign.
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-3)


def test_the_same_graph_gives_the_same_bits():
    graph = join(nearest_points(rings()[0], 5))
    assert embed(graph, 4).tobytes() == embed(graph.copy(), 4).tobytes()


def test_a_link_counts_half_for_each_that_names_the_other():
    graph = join(np.array([[1], [0], [0]]))
    np.testing.assert_array_equal(graph.toarray(), [[0, 1, 0.5], [1, 0, 0], [0.5, 0, 0]])


def test_as_many_clusters_as_coins_are_refused():
    graph = sparse.csr_array(np.ones((4, 4)) - np.eye(4))
    with pytest.raises(OptionError, match="k = 4 clusters of a graph of 4 photographs; choose k below 4"):
        embed(graph, 4)
