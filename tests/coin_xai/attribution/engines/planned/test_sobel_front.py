import pytest
import torch

from coin_xai.attribution.engines.planned.sobel_front import Front
from coin_xai.attribution.engines.planned.steps import SobelFront
from coin_xai.networks import Sobel


def step(padding, grey=(1 / 3, 1 / 3, 1 / 3)):
    sobel = Sobel(padding).double()
    return SobelFront(
        grey=torch.tensor(grey, dtype=torch.float64),
        grey_bias=sobel[0].bias,
        derivatives=sobel[1].weight,
        derivatives_bias=sobel[1].bias,
        replicate=padding == "replicate",
    )


@pytest.mark.parametrize("padding", ["replicate", "zeros"])
@pytest.mark.parametrize("shape", [(8, 8), (3, 11), (2, 2)])
def test_it_equals_the_front_of_the_network_and_its_gradient(padding, shape):
    photographs = torch.randn(2, 3, *shape, dtype=torch.float64, requires_grad=True)
    expected = Sobel(padding).double()(photographs)
    gradient = torch.randn_like(expected)
    (back,) = torch.autograd.grad(expected, photographs, gradient)
    for one_channel in (True, False):
        front = Front(step(padding), one_channel=one_channel)
        with torch.no_grad():
            found, memory = front.forward(photographs, keep=True)
            torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-7)  # 1/3 is rounded to float32
            found = front.back(gradient, memory, "standard")
        assert found.ndim == (3 if one_channel else 4)
        torch.testing.assert_close(found, back[:, 0] if one_channel else back, rtol=1e-7, atol=1e-7)


def test_colours_that_weigh_differently_keep_their_channels():
    weights = (0.3, 0.6, 0.1)
    front = Front(step("replicate", grey=weights), one_channel=True)
    found = front.back(torch.randn(2, 2, 6, 6, dtype=torch.float64), None, "standard")
    assert found.shape == (2, 3, 6, 6)
    torch.testing.assert_close(found[:, 0] * 2, found[:, 1])
