import pytest
import torch

from coin_xai.attribution.engines.planned.convolution import LibraryConvolution
from coin_xai.attribution.engines.planned.steps import Convolution
from tests.coin_xai.attribution.engines.planned.by_autograd import there_and_back


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
    signal = torch.randn(2, 6, 9, 8, dtype=torch.float64)
    expected, gradient, back = there_and_back(one, signal)
    operation = LibraryConvolution(one, layout=layout)
    found, memory = operation.forward(signal, keep=True)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(operation.back(gradient, memory, "standard"), back)
