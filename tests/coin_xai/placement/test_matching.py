import numpy as np
import torch

from coin_xai.matching import likeness
from coin_xai.matching.windows import likeness_in
from coin_xai.placement.matching import likeness_among, match_among

CPU = torch.device("cpu")


def random_cells(count, seed):
    return np.random.default_rng(seed).normal(size=(count, 16, 16, 9)).astype(np.float32)


def test_the_best_known_coins_come_first_whichever_way_windows_are_found_better():
    new, known = random_cells(5, 1), random_cells(9, 2)
    own, others = torch.from_numpy(new), torch.from_numpy(known)
    expected = torch.maximum(likeness_in(own, others), likeness_in(others, own).T).numpy() / 36
    found = match_among(new, known, count=4, device=CPU)
    np.testing.assert_array_equal(found.position, np.argsort(-expected, axis=1)[:, :4])
    np.testing.assert_allclose(found.likeness, -np.sort(-expected, axis=1)[:, :4], rtol=1e-5)


def test_a_coin_that_is_known_is_wholly_like_itself():
    known = random_cells(6, 3)
    found = match_among(known[2:3], known, count=10, device=CPU)
    assert found.position.shape == (1, 6)
    assert found.position[0, 0] == 2
    np.testing.assert_allclose(found.likeness[0, 0], 1, rtol=1e-5)


def test_of_many_known_coins_the_candidates_alone_are_compared(monkeypatch):
    new, known = random_cells(5, 4), random_cells(30, 5)
    expected, told = match_among(new, known, count=3, device=CPU), []
    monkeypatch.setattr(likeness, "MOST_COMPARED", 29)
    monkeypatch.setattr("coin_xai.placement.matching.CANDIDATES", 30)
    found = match_among(new, known, count=3, device=CPU, advance=told.append)
    np.testing.assert_array_equal(found.position, expected.position)
    np.testing.assert_allclose(found.likeness, expected.likeness, rtol=1e-4)
    assert sum(told) == 5
    monkeypatch.setattr("coin_xai.placement.matching.CANDIDATES", 4)
    fewer = match_among(new, known, count=3, device=CPU)
    assert (fewer.position != expected.position).any()


def test_blocks_change_nothing(monkeypatch):
    new, known = random_cells(5, 6), random_cells(7, 7)
    expected = likeness_among(new, known, CPU)
    monkeypatch.setattr("coin_xai.placement.matching.BLOCK", 2)
    np.testing.assert_allclose(likeness_among(new, known, CPU), expected, rtol=1e-5)
    found = match_among(new, known, count=7, device=CPU)
    np.testing.assert_array_equal(found.position, np.argsort(-expected, axis=1))
