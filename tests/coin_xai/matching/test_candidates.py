import numpy as np
import pytest
import torch

from coin_xai.matching import candidates
from coin_xai.matching.candidates import Compact, find_candidates, find_candidates_among

CPU = torch.device("cpu")


@pytest.fixture
def cells():
    """Sixty coins of six kinds, each a variation of its kind's cells."""
    generator = np.random.default_rng(2)
    kinds = generator.normal(size=(6, 16, 16, 9))
    return (np.repeat(kinds, 10, axis=0) + generator.normal(0, 0.7, (60, 16, 16, 9))).astype(np.float32)


def test_coins_of_a_kind_are_candidates_and_never_the_coin_itself(cells):
    found = find_candidates(cells, 9, CPU)
    assert found.shape == (60, 9)
    assert (found // 10 == np.arange(60)[:, None] // 10).mean() > 0.95
    assert not (found == np.arange(60)[:, None]).any()
    assert all(len(set(row)) == 9 for row in found.tolist())


def test_new_coins_have_the_known_ones_of_their_kind_as_candidates(cells):
    known = np.arange(60) % 10 < 8
    found = find_candidates_among(cells[~known], cells[known], 8, CPU)
    assert (found // 8 == np.arange(12)[:, None] // 2).mean() > 0.95
    itself = find_candidates_among(cells[:3], cells, 1, CPU)
    assert itself[:, 0].tolist() == [0, 1, 2]


def test_vectors_have_length_one_and_keep_what_tells_blurred_cells_apart(cells):
    compact = Compact.fit(cells)
    vectors = compact.of(cells)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    # With as many components as there are coins nothing is lost: the cosines of centred blurred cells.
    rows = candidates._blurred(cells)
    rows -= rows.mean(axis=0)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors @ vectors.T, rows @ rows.T, atol=1e-4)


def test_few_numbers_are_as_good_as_few_coins():
    cells = np.random.default_rng(3).normal(size=(300, 16, 16, 1)).astype(np.float32)
    by_coins = Compact.fit(cells[:200]).of(cells)  # fewer coins than the 256 numbers of a blurred coin
    by_numbers = Compact.fit(np.concatenate([cells[:200]] * 2)).of(cells)
    np.testing.assert_allclose(by_coins @ by_coins.T, by_numbers @ by_numbers.T, atol=1e-3)


def test_coins_that_show_nothing_have_candidates_as_well():
    found = find_candidates(np.zeros((6, 16, 16, 9), np.float32), 3, CPU)
    assert not (found == np.arange(6)[:, None]).any()
    assert all(len(set(row)) == 3 for row in found.tolist())


def test_photographs_that_are_there_twice_are_each_others_candidates(cells):
    twice = np.repeat(cells[:30:10], 6, axis=0)  # three coins, six photographs of each that are the same
    found = find_candidates(twice, 5, CPU)
    assert not (found == np.arange(18)[:, None]).any()
    assert (found // 6 == np.arange(18)[:, None] // 6).all()
