import numpy as np
import pytest

from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.pic import cluster_by_power_iteration
from coin_xai.errors import OptionError


def blobs(n_each=40, n_blobs=4, spread=0.08, seed=0):
    generator = np.random.default_rng(seed)
    centres = np.linalg.qr(generator.normal(size=(8, 8)))[0][:n_blobs]
    truth = np.repeat(np.arange(n_blobs), n_each)
    points = centres[truth] + spread * generator.normal(size=(len(truth), 8))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32), truth


def by_loops(points):
    """The algorithm as published, node by node, in plain Python and double precision."""
    n = len(points)
    distance = ((points[:, None].astype(np.float64) - points[None]) ** 2).sum(axis=2)
    nearest = [[int(j) for j in np.argsort(distance[i], kind="stable")[1:6]] for i in range(n)]
    graph = np.zeros((n, n))
    for i in range(n):
        for j in nearest[i]:
            graph[i, j] += np.exp(-distance[i, j] / 0.2**2)
    graph = graph + graph.T
    weight = np.full(n, 1 / n)
    for _ in range(200):
        weight = 0.001 * graph.T @ weight + (1 - 0.001) / n
        weight = weight / weight.sum()
    pointer = list(range(n))
    for i in range(n):
        best = 0.0
        for j in np.flatnonzero(graph[i]):
            if graph[i, j] * (weight[j] - weight[i]) > best:
                best, pointer[i] = graph[i, j] * (weight[j] - weight[i]), int(j)
    lists = {}
    root = []
    for i in range(n):
        node = i
        while pointer[node] != node:
            node = pointer[node]
        root.append(node)
        lists.setdefault(node, []).append(i)
    moves = {}
    for members in lists.values():
        if len(members) == 1:
            company = [j for j in nearest[members[0]] if len(lists[root[j]]) > 1]
            if company:
                moves[members[0]] = company[0]
    for single, friend in moves.items():
        del lists[root[single]]
        lists[root[friend]].append(single)
    return [sorted(members) for members in lists.values()]


@pytest.mark.parametrize("spread", [0.08, 0.3], ids=["groups", "noise"])
def test_equals_the_published_algorithm_written_as_loops(spread):
    points, _ = blobs(spread=spread)
    found = cluster_by_power_iteration(points)
    groups = [np.flatnonzero(found.cluster == one).tolist() for one in range(len(found.centroids))]
    assert sorted(groups) == sorted(by_loops(points))


def test_never_joins_groups_that_lie_apart():
    points, truth = blobs()
    found = cluster_by_power_iteration(points)
    for one in range(len(found.centroids)):
        assert len(np.unique(truth[found.cluster == one])) == 1
    assert agreement(found.cluster, truth).ami > 0.4


def test_is_numbered_by_the_first_coin_without_gaps_and_has_means_as_centroids():
    points, _ = blobs()
    found = cluster_by_power_iteration(points)
    firsts = [int(np.argmax(found.cluster == one)) for one in range(len(found.centroids))]
    assert firsts == sorted(firsts)
    assert (found.sizes >= 2).all()
    np.testing.assert_allclose(found.centroids[1], points[found.cluster == 1].mean(axis=0), atol=1e-6)
    expected = ((points - found.centroids[found.cluster]) ** 2).sum(axis=1)
    np.testing.assert_allclose(found.distance, expected, atol=1e-6)


def test_copies_of_a_photograph_do_no_harm():
    points, _ = blobs()
    found = cluster_by_power_iteration(np.concatenate([points, points[:7], points[:7]]))
    assert found.cluster[0] == found.cluster[160] == found.cluster[167]


def test_too_few_photographs_are_refused():
    with pytest.raises(OptionError, match="more than 5 photographs; there are 5"):
        cluster_by_power_iteration(np.eye(5, dtype=np.float32))
