import numpy as np
import pytest
from scipy import ndimage

from coin_xai.matching.blur import blurred


@pytest.mark.parametrize("sigma", [1.0, 6.0, 8.0])
def test_it_is_the_gaussian_filter_of_scipy(sigma):
    picture = np.random.default_rng(1).random((40, 40))
    np.testing.assert_allclose(blurred(picture, sigma), ndimage.gaussian_filter(picture, sigma), atol=1e-6)


def test_one_tone_stays_one_tone():
    assert (blurred(np.full((40, 40), 0.1, np.float32), 6.0) == np.float32(0.1)).all()
