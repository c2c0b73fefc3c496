import pytest
import torch
from torch.nn import functional as F

from coin_xai.attribution.planned.convolution import LibraryConvolution
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


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
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
def test_any_convolution_goes_both_ways(options, layout):
    one = step(**options)
    signal = torch.randn(2, 6, 9, 8, dtype=torch.float64, requires_grad=True)
    expected = F.conv2d(signal, one.weight, one.bias, one.stride, one.padding, one.dilation, one.groups)
    gradient = torch.randn_like(expected)
    (back,) = torch.autograd.grad(expected, signal, gradient)
    operation = LibraryConvolution(one, layout=layout)
    found, memory = operation.forward(signal.detach(), keep=True)
    torch.testing.assert_close(found, expected.detach())
    torch.testing.assert_close(operation.back(gradient, memory, "standard"), back)
