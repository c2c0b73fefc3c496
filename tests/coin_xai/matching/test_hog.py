import numpy as np
import pytest

from coin_xai.matching.hog import extract_hog, hog


def ramp(degrees, size=32):
    rows, columns = np.mgrid[:size, :size]
    angle = np.radians(degrees)
    return ((columns * np.cos(angle) + rows * np.sin(angle)) / 100).astype(np.float32)


def strength_by_direction(descriptor):
    return descriptor.reshape(-1, 9, 4).sum(axis=(0, 2))


@pytest.mark.parametrize(("degrees", "direction"), [(0, 0), (20, 1), (80, 4), (160, 8), (200, 1)])
def test_a_ramp_has_one_direction(degrees, direction):
    found = strength_by_direction(hog(ramp(degrees)))
    assert found.argmax() == direction
    assert found[direction] > 0.95 * found.sum()


def test_between_two_directions_both_share():
    found = strength_by_direction(hog(ramp(30)))
    assert found[1] == pytest.approx(found[2], rel=1e-2)


def test_equals_a_histogram_made_pixel_by_pixel():
    grey = np.random.default_rng(0).random((48, 32)).astype(np.float32)
    down, right = np.gradient(grey)
    cells = np.zeros((3, 2, 9))
    for y in range(48):
        for x in range(32):
            angle = np.degrees(np.arctan2(down[y, x], right[y, x])) % 180
            for direction in range(9):
                apart = abs(angle - 20 * direction)
                weight = max(0.0, 1 - min(apart, 180 - apart) / 20)
                cells[y // 16, x // 16, direction] += weight * np.hypot(down[y, x], right[y, x])
    found = hog(grey).reshape(2, 9, 2, 2)
    for block in range(2):
        expected = cells[block : block + 2].transpose(2, 0, 1)
        np.testing.assert_allclose(found[block], expected / np.linalg.norm(expected), rtol=1e-3, atol=1e-5)


def test_light_and_contrast_do_not_matter_but_a_plain_ground_stays_empty():
    grey = np.random.default_rng(0).random((32, 32)).astype(np.float32)
    np.testing.assert_allclose(hog(grey), hog(grey * 0.5 + 0.2), atol=1e-3)
    assert hog(np.full((32, 32), 0.7, np.float32)).max() < 1e-3


def test_one_row_a_photograph(pixels):
    found = extract_hog(pixels, centre_crop=1.0)
    assert found.shape == (12, 1764)
    assert np.isfinite(found).all()
