import numpy as np
import pytest

from coin_xai.deepcluster.augmentation import augment
from coin_xai.deepcluster.options import Augmentation
from coin_xai.deepcluster.photometric import BLUR_PX, CONTRAST, GAMMA, LIGHT, vary_photometry

PLAIN = np.full((64, 64, 3), 120, np.uint8)


class Chosen:
    """Gives the numbers that a test wants: angle, light, contrast, gamma, blur, each -1 to 1."""

    def __init__(self, *numbers):
        self.numbers = np.array(numbers, dtype=float)

    def uniform(self, low, high, count):
        assert (low, high, count) == (-1, 1, 5)
        return self.numbers


def varied(view, *numbers, strength=1.0):
    return vary_photometry(view, strength, generator=Chosen(*numbers)).astype(float)


def noise():
    return np.random.default_rng(0).integers(60, 190, (64, 64, 3), dtype=np.uint8)


def test_nothing_changes_at_the_middle_of_every_range_or_without_strength():
    assert np.array_equal(varied(noise(), 0.3, 0, 0, 0, -1), noise())
    assert np.array_equal(varied(noise(), 0.3, 1, 1, 1, -1, strength=0), noise())


@pytest.mark.parametrize(("angle", "axis"), [(0, 1), (0.5, 0)])
def test_light_falls_off_towards_one_side(angle, axis):
    found = varied(PLAIN, angle, 1, 0, 0, -1)[..., 0]
    profile = found.mean(axis=1 - axis)
    assert (np.diff(profile) >= 0).all()
    assert profile[-1] / profile[0] == pytest.approx((1 + LIGHT / 2**0.5) / (1 - LIGHT / 2**0.5), rel=0.02)
    assert found.mean() == pytest.approx(120, abs=1)


def test_contrast_spreads_tones_about_their_mean():
    harder, softer = (varied(noise(), 0, 0, contrast, 0, -1) for contrast in (0.5, -1))
    assert harder.std() == pytest.approx(np.exp(0.5 * CONTRAST) * noise().std(), rel=0.02)
    assert softer.std() == pytest.approx(np.exp(-CONTRAST) * noise().std(), rel=0.02)
    assert softer.mean() == pytest.approx(noise().mean(), abs=1)


def test_gamma_bends_the_curve():
    expected = 255 * (120 / 255) ** np.exp(GAMMA)
    assert varied(PLAIN, 0, 0, 0, 1, -1)[0, 0, 0] == pytest.approx(expected, abs=1)


def test_half_of_the_views_are_blurred():
    edge = np.zeros((64, 64, 3), np.uint8)
    edge[:, 32:] = 200
    assert np.array_equal(varied(edge, 0, 0, 0, 0, -0.5), edge)
    slope = np.diff(varied(edge, 0, 0, 0, 0, 1)[32, :, 0]).max()
    # The steepest place of a blurred step is the maximum of a normal density.
    assert slope == pytest.approx(200 / (BLUR_PX * np.sqrt(2 * np.pi)), rel=0.15)


def test_colours_keep_their_order_and_views_their_form():
    photograph = np.random.default_rng(1).integers(0, 256, (80, 90, 3), dtype=np.uint8)
    still = {"crop_scale_min": 1, "rotation_deg": 0}
    one, same, other = (
        augment(
            photograph,
            Augmentation(**still, studio=studio),
            size_px=48,
            generator=np.random.default_rng(seed),
        )
        for studio, seed in ((1, 3), (1, 3), (0, 3))
    )
    assert one.shape == other.shape == (3, 48, 48)
    assert one.dtype == np.uint8
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
