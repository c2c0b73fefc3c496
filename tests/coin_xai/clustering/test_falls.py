import numpy as np
import pytest
import scipy.linalg
from sklearn.neighbors import NearestNeighbors

from coin_xai.clustering.falls import LIMIT, falls_of
from coin_xai.clustering.spectral import MOST_SOLVED_WHOLE, join


def neighbours(points):
    return NearestNeighbors(n_neighbors=10).fit(points).kneighbors(return_distance=False)


def points_in_groups(k, *, apart, seed=0, each=25):
    generator = np.random.default_rng(seed)
    centre = generator.normal(size=(k, 10))[generator.integers(0, k, each * k)]
    return apart * centre + generator.normal(size=centre.shape)


def groups(k, *, apart, seed=0, each=25):
    """Return neighbours of points in k groups of about 25."""
    return neighbours(points_in_groups(k, apart=apart, seed=seed, each=each))


def with_duplicates(points, sizes, *, seed=0):
    """Return neighbours of points and of groups of points that hardly differ, as photographs of one coin."""
    generator = np.random.default_rng(seed)
    alike = [
        points.std(axis=0) * generator.normal(size=10) + 0.01 * generator.normal(size=(size, 10))
        for size in sizes
    ]
    return neighbours(np.concatenate([points, *alike]))


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


@pytest.mark.parametrize("dimensions", [5, 10])
def test_many_points_that_scatter_alike_have_a_slow_mode_a_direction_and_no_groups(dimensions):
    points = np.random.default_rng(0).normal(size=(1500, dimensions))
    assert falls_of(neighbours(points)).stands_out is None


@pytest.mark.parametrize("sizes", [[12], [12, 12], [15] * 4])
def test_a_few_photographs_of_one_coin_make_no_k_stand_out(sizes):
    for seed in range(5):
        points = np.random.default_rng(100 + seed).normal(size=(300, 10))
        found = falls_of(with_duplicates(points, sizes, seed=seed))
        assert found.stands_out is None, seed


def test_groups_stand_out_beside_photographs_of_one_coin_which_are_left_out():
    found = falls_of(with_duplicates(points_in_groups(3, apart=2.5, each=100), [12], seed=1))
    assert (found.stands_out, found.left_out) == (3, 12)
    assert found.table["k"].max() == 300 // 5
    assert falls_of(groups(3, apart=2.5, each=100)).left_out == 0


def test_a_group_that_is_not_much_smaller_than_the_others_counts():
    found = falls_of(with_duplicates(np.random.default_rng(0).normal(size=(200, 10)), [60]))
    assert (found.stands_out, found.left_out) == (2, 0)


def test_a_coin_that_hangs_on_coins_left_out_alone_is_left_out_as_well():
    ring = np.arange(300)[:, None] // 100 * 100 + (np.arange(300)[:, None] % 100 + np.arange(1, 11)) % 100
    alike = np.array([[300 + other for other in range(12) if other != own][:10] for own in range(12)])
    hanging = alike[:1] + 0
    found = falls_of(np.concatenate([ring, alike, hanging]))
    assert (found.stands_out, found.left_out) == (3, 13)


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
    times = table.set_index("k")["times"]
    assert times[10] == pytest.approx(falls[9] / (falls[:9].sum() / 3))  # more than the mean of those beside
    beside = {2: falls[2:6], 3: np.r_[falls[1], falls[3:7]]}
    for k, own in beside.items():
        assert times[k] == pytest.approx(falls[k - 1] / own.mean())


def test_the_deepest_fall_stands_out_if_it_is_above_the_limit():
    found = falls_of(groups(8, apart=2.5))
    times = found.table.set_index("k")["times"]
    assert times.idxmax() == found.stands_out
    assert times.max() > LIMIT


def test_graphs_in_pieces_are_no_obstacle():
    pieces = np.concatenate([groups(1, apart=0, seed=seed) + 25 * seed for seed in range(3)])
    assert falls_of(pieces).stands_out == 3


def test_rounding_of_many_coins_in_pieces_is_no_fall():
    pieces = groups(40, apart=100, each=60)
    assert len(pieces) > MOST_SOLVED_WHOLE
    found = falls_of(pieces)
    assert found.stands_out == 40
    assert found.table.loc[found.table["k"] < 40, "times"].max() < 1


def test_of_few_coins_nobody_can_tell():
    assert falls_of(groups(1, apart=0)[:19, :5] % 19) is None
