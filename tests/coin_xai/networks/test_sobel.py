import numpy as np
import pytest
import torch
from scipy import ndimage

from coin_xai.networks import Sobel


@pytest.mark.parametrize(("padding", "mode"), [("replicate", "nearest"), ("zeros", "constant")])
def test_derivatives_equal_those_of_scipy(padding, mode):
    photographs = torch.randn(2, 3, 9, 11, dtype=torch.float64)
    result = Sobel(padding).double()(photographs).numpy()
    grey = photographs.mean(dim=1).numpy()
    for channel, axis in enumerate((1, 0)):  # first the horizontal derivative, then the vertical one
        # scipy weighs with 1 2 1 and subtracts the other way round
        expected = np.stack([-ndimage.sobel(one, axis=axis, mode=mode) for one in grey])
        np.testing.assert_allclose(result[:, channel], expected, atol=1e-12)


def test_replicate_paints_no_frame_on_a_plain_ground():
    plain = torch.full((1, 3, 16, 16), 2.44)
    assert Sobel("replicate")(plain).abs().max() < 1e-5
    assert Sobel("zeros")(plain).abs().max() > 5


def test_is_frozen():
    assert not any(parameter.requires_grad for parameter in Sobel().parameters())
