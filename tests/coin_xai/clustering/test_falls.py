import numpy as np
import pytest
import scipy.linalg
from sklearn.neighbors import NearestNeighbors

from coin_xai.clustering.falls import LIMIT, falls_of
from coin_xai.clustering.spectral import join


def neighbours(points):
    return NearestNeighbors(n_neighbors=10).fit(points).kneighbors(return_distance=False)


def groups(k, *, apart, seed=0):
    """Return neighbours of points in k groups of about 25."""
    generator = np.random.default_rng(seed)
    centre = generator.normal(size=(k, 10))[generator.integers(0, k, 25 * k)]
    return neighbours(apart * centre + generator.normal(size=centre.shape))


def without_groups(seed):
    generator = np.random.default_rng(seed)
    count, dimensions = int(generator.integers(100, 300)), int(generator.integers(2, 31))
    points = (
        generator.normal(size=(count, dimensions))
        if seed % 2
        else generator.uniform(size=(count, dimensions))
    )
    return neighbours(points * 0.9 ** np.arange(dimensions))


@pytest.mark.parametrize("k", [3, 8, 14])
def test_as_many_clusters_as_there_are_groups_stand_out(k):
    assert falls_of(groups(k, apart=2.5)).stands_out == k


def test_where_there_are_no_groups_none_stands_out():
    found = [falls_of(without_groups(seed)).stands_out for seed in range(60)]
    assert sum(k is not None for k in found) <= 1


def test_groups_that_run_into_each_other_do_not_stand_out():
    assert falls_of(groups(8, apart=0.6)).stands_out is None


def test_the_table_is_of_the_eigenvalues_of_the_graph():
    known = groups(4, apart=1.5)
    graph = join(known).toarray()
    root = np.sqrt(graph.sum(axis=1))
    values = scipy.linalg.eigvalsh(graph / np.outer(root, root))[::-1]
    table = falls_of(known).table
    assert table["k"].tolist() == [*range(2, 21)]
    np.testing.assert_allclose(table["eigenvalue"], values[1:20], atol=1e-9)
    np.testing.assert_allclose(table["fall"], values[1:20] - values[2:21], atol=1e-9)
    falls = -np.diff(values)
    expected = falls[9] / np.r_[falls[5:9], falls[10:14]].mean()
    assert table.set_index("k")["times"][10] == pytest.approx(expected)
    assert table.set_index("k")["times"][2] == pytest.approx(falls[1] / falls[2:6].mean())


def test_the_deepest_fall_stands_out_if_it_is_above_the_limit():
    found = falls_of(groups(8, apart=2.5))
    times = found.table.set_index("k")["times"]
    assert times.idxmax() == found.stands_out
    assert times.max() > LIMIT


def test_graphs_in_pieces_are_no_obstacle():
    pieces = np.concatenate([groups(1, apart=0, seed=seed) + 25 * seed for seed in range(3)])
    assert falls_of(pieces).stands_out == 3


def test_of_few_coins_nobody_can_tell():
    assert falls_of(groups(1, apart=0)[:19, :5] % 19) is None
