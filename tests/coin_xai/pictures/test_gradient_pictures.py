import numpy as np
import pytest

from coin_xai.errors import OptionError
from coin_xai.pictures.gradient_pictures import _percentile, gradient_picture


def random(seed=3):
    return np.random.default_rng(seed)


def test_a_gradient_is_symmetric_about_mid_grey():
    gradient = random().normal(size=(50, 60)).astype(np.float32)
    found, opposite = gradient_picture(gradient).astype(int), gradient_picture(-gradient).astype(int)
    assert found.shape == (50, 60)
    assert (found + opposite == 256).all()
    assert (found.min(), found.max()) == (1, 255)
    assert np.array_equal(
        np.sign(found - 128)[np.abs(gradient) > 0.1], np.sign(gradient)[np.abs(gradient) > 0.1]
    )


def test_the_percentile_decides_what_is_clipped():
    gradient = np.arange(-100, 101, dtype=np.float64)[None]
    found = gradient_picture(gradient, percentile=50)[0]
    assert (found[gradient[0] >= 50] == 255).all()
    assert found[100 + 25] == 128 + 64
    assert gradient_picture(gradient, percentile=100)[0, 150] == 128 + 64


@pytest.mark.parametrize("size", [1, 2, 63, 64, 1000, 4096])
@pytest.mark.parametrize("percentile", [0.1, 50, 99.5, 100])
def test_the_percentile_is_that_of_numpy(size, percentile):
    values = random().exponential(size=size)
    assert _percentile(values, percentile) == pytest.approx(np.percentile(values, percentile), rel=1e-12)


def test_the_scale_of_a_gradient_is_its_own():
    gradient = random().normal(size=(20, 20))
    for factor in (1e-250, 1e250):
        assert np.array_equal(gradient_picture(gradient * factor), gradient_picture(gradient))


def test_no_gradient_is_mid_grey_and_a_lonely_one_is_seen():
    assert (gradient_picture(np.zeros((30, 40))) == 128).all()
    lonely = np.zeros((100, 100), np.float32)
    lonely[4, 5] = -1e-42  # fewer than the percentile clips, and below the normal numbers of float32
    found = gradient_picture(lonely)
    assert found[4, 5] == 1
    assert (found == 128).sum() == 9999


def test_colour_gradients_get_one_scale_and_channels_last():
    gradient = random().normal(size=(3, 20, 30)) * np.array([1, 0.5, 0])[:, None, None]
    found = gradient_picture(gradient)
    assert found.shape == (20, 30, 3)
    assert found.flags.c_contiguous
    assert (found[..., 2] == 128).all()
    spread = found.astype(float).std(axis=(0, 1))
    assert 1.7 < spread[0] / spread[1] < 2.3


@pytest.mark.parametrize(
    ("gradient", "percentile", "message"),
    [
        (np.zeros((2, 20, 20)), 99, "expected H x W or 3 x H x W"),
        (np.zeros((0, 20)), 99, "expected H x W"),
        (np.zeros((4, 4)), 0, "percentile is 0"),
        (np.full((4, 4), np.nan), 99, "NaN or infinite"),
    ],
)
def test_what_is_no_gradient_is_refused(gradient, percentile, message):
    with pytest.raises(OptionError, match=message):
        gradient_picture(gradient, percentile=percentile)
