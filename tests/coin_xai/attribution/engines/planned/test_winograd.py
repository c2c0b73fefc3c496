import pytest
import torch
from torch.nn import functional as F

from coin_xai.attribution.engines.planned import winograd
from coin_xai.attribution.engines.planned.steps import Convolution
from coin_xai.attribution.engines.planned.winograd import WinogradConvolution
from tests.coin_xai.attribution.engines.planned.by_autograd import there_and_back


def step(maps=(7, 5), *, kernel=(3, 3), padding=(1, 1), bias=True, **options):
    torch.manual_seed(1)
    values = {"stride": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1, **options}
    weight = torch.randn(*maps, *kernel, dtype=torch.float64)
    return Convolution(
        name="a", weight=weight, bias=torch.randn(maps[0]).double() if bias else None, **values
    )


@pytest.mark.parametrize("tiles", [1, 30, 1000])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("padding", [(0, 0), (1, 1), (2, 1)])
@pytest.mark.parametrize("size", [(13, 13), (8, 9), (3, 4)])
@pytest.mark.parametrize("bias", [True, False])
def test_it_equals_the_convolution_and_its_gradient(tiles, layout, padding, size, bias, monkeypatch):
    monkeypatch.setattr(winograd, "TILES", tiles)
    one = step(padding=padding, bias=bias)
    signal = torch.randn(3, 5, *size, dtype=torch.float64)
    expected, gradient, back = there_and_back(one, signal)
    operation = WinogradConvolution(one, layout=layout)
    found, memory = operation.forward(signal, keep=True)
    earlier = operation.back(gradient, memory, "standard")
    for result, exact in ((found, expected), (earlier, back)):
        torch.testing.assert_close(result, exact, rtol=1e-12, atol=1e-12)
        assert result.is_contiguous(memory_format=layout)


def test_it_is_more_precise_than_adding_up_all_products():
    one = step((256, 256), bias=False)
    signal = torch.randn(2, 256, 13, 13)
    exact = F.conv2d(signal.double(), one.weight, padding=1)
    single = Convolution(**{**vars(one), "weight": one.weight.float()})
    found, _ = WinogradConvolution(single, layout=torch.channels_last).forward(signal, keep=False)
    assert (found - exact).abs().max() <= 6e-7 * exact.abs().max()


@pytest.mark.parametrize(
    "options",
    [
        {"maps": (16, 15)},
        {"kernel": (3, 5)},
        {"stride": (2, 2)},
        {"dilation": (1, 2)},
        {"groups": 2},
        {"padding": (3, 0)},
    ],
)
def test_it_suits_large_plain_convolutions_alone(options):
    assert WinogradConvolution.suits(step((16, 16)))
    assert not WinogradConvolution.suits(step(**{"maps": (16, 16), **options}))
