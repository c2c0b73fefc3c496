import numpy as np
import pytest

from coin_xai.photographs.colour import lab, lightness


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        # Published values for sRGB and the white point D65 (Lindbloom).
        ((255, 255, 255), (100, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((119, 119, 119), (50.03, 0, 0)),
        ((1, 1, 1), (0.274, 0, 0)),
    ],
)
def test_colours_have_their_published_places(rgb, expected):
    assert lab(np.array(rgb, dtype=np.uint8)) == pytest.approx(expected, abs=0.02)


def test_every_grey_is_without_hue_and_lighter_than_the_one_before():
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
    values = lab(greys)
    assert (np.diff(values[:, 0]) > 0).all()
    assert np.abs(values[:, 1:]).max() < 0.01


def test_lightness_alone_is_that_of_the_three():
    pixels = np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8)
    pixels[:16] //= 16  # dark ones, too, whose lightness is linear
    assert lightness(pixels) == pytest.approx(lab(pixels)[..., 0], abs=1e-4)  # seven digits of float32
