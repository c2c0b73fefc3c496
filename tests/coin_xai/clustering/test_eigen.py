import logging

import numpy as np
import pytest
from scipy import sparse

from coin_xai.clustering import eigen
from coin_xai.clustering.eigen import largest_modes


@pytest.fixture
def matrix():
    """The walk on a graph of three pieces, so that its largest eigenvalue is there three times."""
    generator, sizes = np.random.default_rng(3), (150, 120, 90)
    some = sparse.block_diag([sparse.random_array((n, n), density=0.06, rng=generator) for n in sizes])
    graph = sparse.csr_array(some + some.T + 0.01 * sparse.block_diag([np.ones((n, n)) for n in sizes]))
    root = sparse.diags_array(1 / np.sqrt(graph.sum(axis=1)))
    return sparse.csr_array(root @ graph @ root)


def test_they_are_those_of_the_whole_matrix(matrix):
    values, modes = largest_modes(matrix, 12)
    expected, vectors = np.linalg.eigh(matrix.toarray())
    np.testing.assert_allclose(values, expected[::-1][:12], atol=1e-5)
    assert (values[:3] > 1 - 1e-5).all()
    np.testing.assert_allclose(modes.T @ modes, np.eye(12), atol=1e-5)
    # Each lies among the whole solution's, which of several equal ones is a matter of taste.
    inside = np.linalg.norm(vectors[:, ::-1][:, :12].T @ modes, axis=0)
    np.testing.assert_allclose(inside, 1, atol=1e-3)
    assert np.linalg.norm(matrix @ modes - modes * values, axis=0).max() < eigen.TOLERANCE


def test_what_is_not_known_well_enough_is_said(matrix, monkeypatch, caplog):
    monkeypatch.setattr(eigen, "MOST_ROUNDS", 1)
    with caplog.at_level(logging.WARNING, logger="coin_xai.clustering.eigen"):
        _values, modes = largest_modes(matrix, 12)
    assert modes.shape == (360, 12)
    assert "the modes of the graph are known to" in caplog.text


def test_most_of_them_are_found_as_well(matrix):
    values, modes = largest_modes(matrix, 290)
    expected = np.linalg.eigvalsh(matrix.toarray())[::-1]
    np.testing.assert_allclose(values, expected[:290], atol=1e-5)
    assert np.linalg.norm(matrix @ modes - modes * values, axis=0).max() < eigen.TOLERANCE


def test_a_graph_may_fall_into_more_pieces_than_modes_are_asked_for():
    pairs = sparse.block_diag([np.array([[0.0, 1.0], [1.0, 0.0]])] * 40)
    values, modes = largest_modes(sparse.csr_array(pairs), 15)
    np.testing.assert_allclose(values, 1, atol=1e-5)
    np.testing.assert_allclose(modes[::2], modes[1::2], atol=1e-5)


def test_the_cut_may_lie_at_the_largest_eigenvalue(monkeypatch):
    """More pieces than are followed, and not yet known well enough."""
    monkeypatch.setattr(eigen, "TOLERANCE", 0.0)
    monkeypatch.setattr(eigen, "MOST_ROUNDS", 4)
    pairs = sparse.block_diag([np.array([[0.0, 1.0], [1.0, 0.0]])] * 40)
    values, modes = largest_modes(sparse.csr_array(pairs), 15)
    np.testing.assert_allclose(values, 1, atol=1e-5)
    np.testing.assert_allclose(modes.T @ modes, np.eye(15), atol=1e-5)
