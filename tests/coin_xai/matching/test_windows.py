import numpy as np
import pytest
import torch

from coin_xai.matching import windows
from coin_xai.matching.windows import likeness_in


@pytest.fixture(params=[9, 33])
def cells(request):
    found = np.random.default_rng(3).normal(size=(5, 16, 16, request.param)).astype(np.float32)
    found[1, :, :5] = 0  # windows that show nothing, and coins that fill a part of the grid
    return found


def in_loops(cells):
    """How well the first two coins are found in the last three, written as the definition has it."""

    def window(coin, top, left):
        flat = cells[coin, top : top + 6, left : left + 6].astype(np.float64).ravel()
        return flat / max(np.linalg.norm(flat), 1e-6)

    return [
        [
            sum(
                max(
                    window(one, top, left) @ window(other, y, x) - 0.02 * np.hypot(y - top, x - left)
                    for y in range(max(0, top - 2), min(10, top + 2) + 1)
                    for x in range(max(0, left - 2), min(10, left + 2) + 1)
                )
                for top in range(0, 11, 2)
                for left in range(0, 11, 2)
            )
            for other in range(2, 5)
        ]
        for one in range(2)
    ]


def test_equals_the_same_written_as_loops(cells):
    expected = in_loops(cells)
    coins = torch.from_numpy(cells)
    likeness = likeness_in(coins[:2], coins[2:])
    np.testing.assert_allclose(likeness, expected, rtol=1e-5)
    each = likeness_in(coins[:2], torch.stack([coins[[4, 3]], coins[[2, 3]]]))
    np.testing.assert_allclose(each, likeness.gather(1, torch.tensor([[2, 1], [0, 1]])), rtol=1e-5)


def test_coins_are_compared_a_few_at_a_time(cells, monkeypatch):
    coins = torch.from_numpy(cells)
    at_once = likeness_in(coins[:2], coins[2:])
    monkeypatch.setattr(windows, "TILE", 2)
    np.testing.assert_allclose(likeness_in(coins[:2], coins[2:]), at_once, rtol=1e-5)
    everywhere = likeness_in(coins, coins)
    np.testing.assert_allclose(likeness_in(coins[2:], coins[:2]), everywhere[2:, :2], rtol=1e-5)


def test_an_empty_coin_is_found_nowhere():
    coins = torch.zeros(1, 16, 16, 9)
    assert likeness_in(coins, torch.rand(3, 16, 16, 9)).tolist() == [[0, 0, 0]]
