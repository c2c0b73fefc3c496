import numpy as np
import pytest
import torch
from scipy import ndimage

from coin_xai.matching.blur import blurred


@pytest.mark.parametrize("sigma", [1.0, 6.0, 8.0])
def test_it_is_the_gaussian_filter_of_scipy(sigma):
    """In float32; of a wide blur, waves of which less is left than can be seen are left out."""
    picture = np.random.default_rng(1).random((40, 40))
    found = blurred(torch.tensor(picture, dtype=torch.float32), sigma)
    np.testing.assert_allclose(found, ndimage.gaussian_filter(picture, sigma), atol=2e-5)


def test_each_picture_is_blurred_alone():
    pictures = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(blurred(pictures, 6.0)[1, 2], blurred(pictures[1, 2], 6.0))


def test_one_tone_stays_one_tone():
    assert (blurred(torch.full((40, 40), 0.1), 6.0) == 0.1).all()
