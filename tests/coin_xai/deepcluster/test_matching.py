import numpy as np
import pytest
import torch

from coin_xai.deepcluster import matching
from coin_xai.deepcluster.matching import describe, matching_coins
from coin_xai.mint import Issue, mint
from tests.coin_xai.deepcluster.conftest import as_pixels

CPU = torch.device("cpu")


def strokes(seed, *, right_px=0, down_px=0, contrast=1.0):
    """A grey picture of 128 x 128 with a dozen strokes, all of them shifted."""
    generator = np.random.default_rng(seed)
    picture = np.full((128, 128), 128.0)
    y, x = np.mgrid[:128, :128]
    for _ in range(12):
        centre, angle = generator.uniform(35, 93, 2), generator.uniform(0, np.pi)
        across = (x - right_px - centre[0]) * np.sin(angle) - (y - down_px - centre[1]) * np.cos(angle)
        along = (x - right_px - centre[0]) * np.cos(angle) + (y - down_px - centre[1]) * np.sin(angle)
        picture[(np.abs(across) < 2) & (np.abs(along) < 14)] = 220
    picture = 128 + contrast * (picture - 128)
    return np.repeat(picture.astype(np.uint8)[..., None], 3, axis=2)


def cells_of(*pictures):
    return describe(as_pixels(pictures), centre_crop=1.0)


def test_a_shifted_picture_is_the_best_match():
    shifts = [(0, 0), (12, 0), (0, -12), (-8, 8)]
    pictures = [strokes(seed, right_px=x, down_px=y) for seed in range(5) for x, y in shifts]
    found = matching_coins(cells_of(*pictures), device=CPU, count=3)
    same = np.arange(len(pictures)) // len(shifts)
    assert (same[found] == same[:, None]).mean() > 0.9


def test_parts_that_moved_against_each_other_still_match():
    generator = np.random.default_rng(6)
    coins = [generator.normal(size=(16, 16, 9)) * (generator.random((16, 16, 1)) < 0.15) for _ in range(6)]
    leant = [np.concatenate([np.roll(one[:8], 1, axis=1), np.roll(one[8:], -2, axis=1)]) for one in coins]
    cells = np.stack([*coins, *leant]).astype(np.float32)
    other = (np.arange(12) + 6) % 12
    np.testing.assert_array_equal(matching_coins(cells, device=CPU, count=1)[:, 0], other)
    # The plain likeness of whole coins does not find them.
    flat = cells.reshape(12, -1)
    alike = flat @ flat.T / np.outer(np.linalg.norm(flat, axis=1), np.linalg.norm(flat, axis=1))
    np.fill_diagonal(alike, -1)
    assert (alike.argmax(axis=1) == other).mean() < 0.7


def test_equals_the_same_written_as_loops():
    cells = np.random.default_rng(3).normal(size=(6, 16, 16, 9)).astype(np.float32)

    def window(coin, top, left):
        flat = cells[coin, top : top + 6, left : left + 6].astype(np.float64).ravel()
        return flat / np.linalg.norm(flat)

    likeness = np.full((6, 6), -np.inf)
    for one in range(6):
        for other in range(6):
            if one != other:
                likeness[one, other] = sum(
                    max(
                        window(one, top, left) @ window(other, y, x) - 0.02 * np.hypot(y - top, x - left)
                        for y in range(max(0, top - 2), min(10, top + 2) + 1)
                        for x in range(max(0, left - 2), min(10, left + 2) + 1)
                    )
                    for top in (0, 2, 4, 6, 8, 10)
                    for left in (0, 2, 4, 6, 8, 10)
                )
    expected = np.argsort(-likeness, axis=1)[:, :5]
    np.testing.assert_array_equal(matching_coins(cells, device=CPU, count=10), expected)


def test_what_all_coins_share_is_taken_off():
    """A stroke on every coin says nothing; what is left of the cells are the other strokes."""
    pictures = [strokes(seed) for seed in range(6)]
    for picture in pictures:
        picture[60:68, 20:108] = 255
    cells = cells_of(*pictures)
    assert np.abs(cells.mean(axis=0)).max() < 0.2 * np.abs(cells).max()


def test_drawn_types_are_neighbours_whatever_the_photograph():
    """Type by type: framing, flan, background, light and wear differ from coin to coin."""
    coins = list(mint(Issue(coins=60, types=4, seed=8)))
    kind = np.array([coin.truth.type for coin in coins])
    found = matching_coins(cells_of(*[coin.photograph for coin in coins]), device=CPU, count=5)
    assert (kind[found] == kind[:, None]).mean() > 0.6


def test_a_picture_without_edges_has_empty_cells():
    (cells,) = cells_of(np.full((40, 60, 3), 90, dtype=np.uint8))
    assert not cells.any()


def test_coins_are_compared_in_blocks(monkeypatch):
    cells = np.random.default_rng(4).random((9, 16, 16, 9)).astype(np.float32)
    at_once, told = matching_coins(cells, device=CPU, count=4), []
    monkeypatch.setattr(matching, "BLOCK", 4)
    np.testing.assert_array_equal(matching_coins(cells, device=CPU, count=4, advance=told.append), at_once)
    assert told == [4, 4, 1]


@pytest.mark.gpu
def test_a_gpu_finds_the_same():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    cells = np.random.default_rng(5).random((40, 16, 16, 9)).astype(np.float32)
    on_gpu = matching_coins(cells, device=torch.device("cuda"), count=5)
    assert (on_gpu == matching_coins(cells, device=CPU, count=5)).mean() > 0.99
