import pytest
import torch
from torch.nn import functional as F

from coin_xai.attribution.planned.algorithms import Algorithms
from coin_xai.attribution.planned.convolution import FlippedConvolution, LibraryConvolution
from coin_xai.attribution.planned.steps import Convolution


def step(**options):
    torch.manual_seed(1)
    values = {
        "name": "a",
        "weight": torch.randn(4, 6, 3, 5, dtype=torch.float64),
        "bias": torch.randn(4, dtype=torch.float64),
        "stride": (1, 1),
        "padding": (1, 3),
        "dilation": (1, 1),
        "groups": 1,
    }
    return Convolution(**{**values, **options})


def check(operation, one):
    signal = torch.randn(2, 6, 9, 8, dtype=torch.float64, requires_grad=True)
    expected = F.conv2d(signal, one.weight, one.bias, one.stride, one.padding, one.dilation, one.groups)
    gradient = torch.randn_like(expected)
    (back,) = torch.autograd.grad(expected, signal, gradient)
    found, memory = operation.forward(signal.detach(), keep=True)
    torch.testing.assert_close(found, expected.detach())
    torch.testing.assert_close(operation.back(gradient, memory, "standard"), back)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"bias": None},
        {"stride": (2, 1)},
        {"dilation": (2, 1)},
        {"groups": 2, "weight": torch.randn(4, 3, 3, 5, dtype=torch.float64)},
    ],
)
def test_any_convolution_goes_both_ways(options):
    check(LibraryConvolution(step(**options)), step(**options))


@pytest.mark.parametrize("padding", [(0, 0), (1, 3), (2, 4)])
def test_turned_kernels_give_the_gradient(padding):
    one = step(padding=padding)
    assert FlippedConvolution.suits(one)
    check(FlippedConvolution(one, Algorithms(channels_last=True, measured=False)), one)


@pytest.mark.parametrize(
    "options", [{"stride": (2, 2)}, {"dilation": (1, 2)}, {"groups": 2}, {"padding": (3, 0)}]
)
def test_they_suit_plain_convolutions_alone(options):
    assert not FlippedConvolution.suits(step(**options))
