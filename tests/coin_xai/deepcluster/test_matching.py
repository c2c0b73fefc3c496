import numpy as np
import pytest
import torch

from coin_xai.deepcluster import matching
from coin_xai.deepcluster.matching import describe, matching_coins
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
    cells = cells_of(*pictures)
    found = matching_coins(cells, device=CPU, count=3)
    same = np.arange(len(pictures)) // len(shifts)
    assert (same[found] == same[:, None]).mean() > 0.9
    # The plain likeness of the whole pictures does not find them.
    flat = (cells - cells.mean(axis=0)).reshape(len(cells), -1)
    alike = flat @ flat.T / np.outer(np.linalg.norm(flat, axis=1), np.linalg.norm(flat, axis=1))
    np.fill_diagonal(alike, -1)
    assert (same[alike.argsort(axis=1)[:, -3:]] == same[:, None]).mean() < 0.7


def test_equals_the_same_written_as_loops():
    cells = np.random.default_rng(3).random((6, 16, 16, 9)).astype(np.float32)
    centred = (cells - cells.mean(axis=0)).astype(np.float64)

    def window(coin, top, left):
        flat = centred[coin, top : top + 8, left : left + 8].ravel()
        return flat / np.linalg.norm(flat)

    likeness = np.full((6, 6), -np.inf)
    for one in range(6):
        for other in range(6):
            if one != other:
                likeness[one, other] = sum(
                    max(
                        window(one, top, left) @ window(other, y, x) - 0.02 * np.hypot(y - top, x - left)
                        for y in range(max(0, top - 3), min(8, top + 3) + 1)
                        for x in range(max(0, left - 3), min(8, left + 3) + 1)
                    )
                    for top in (0, 2, 4, 6, 8)
                    for left in (0, 2, 4, 6, 8)
                )
    expected = np.argsort(-likeness, axis=1)[:, :5]
    np.testing.assert_array_equal(matching_coins(cells, device=CPU, count=10), expected)


def test_contrast_does_not_count():
    strong, weak = cells_of(strokes(1), strokes(1, contrast=0.5))
    assert np.abs(strong - weak).max() < 0.1 * strong.max()


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
