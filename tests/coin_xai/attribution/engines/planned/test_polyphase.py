import pytest
import torch

from coin_xai.attribution.engines.planned.polyphase import PolyphaseConvolution
from coin_xai.attribution.engines.planned.steps import Convolution
from tests.coin_xai.attribution.engines.planned.by_autograd import there_and_back


def step(kernel, stride, padding, channels=2):
    return Convolution(
        name="a",
        weight=torch.randn(5, channels, *kernel, dtype=torch.float64),
        bias=torch.randn(5, dtype=torch.float64),
        stride=(stride, stride),
        padding=padding,
        dilation=(1, 1),
        groups=1,
    )


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "size"),
    [
        ((11, 11), 4, (2, 2), (224, 224)),  # DeepCluster's AlexNet
        ((7, 7), 2, (3, 3), (64, 64)),  # a ResNet
        ((3, 3), 2, (0, 0), (9, 12)),
        ((2, 2), 3, (0, 0), (10, 11)),  # pixels between the windows are never seen
        ((5, 3), 2, (4, 1), (6, 7)),
        ((1, 1), 2, (0, 0), (5, 5)),
        ((4, 4), 4, (0, 0), (19, 18)),  # pixels behind the last window, too
    ],
)
def test_it_equals_the_strided_convolution_and_its_gradient(kernel, stride, padding, size, layout):
    torch.manual_seed(1)
    one = step(kernel, stride, padding)
    signal = torch.randn(2, 2, *size, dtype=torch.float64)
    expected, gradient, back = there_and_back(one, signal)
    convolution = PolyphaseConvolution(one, layout=layout)
    found, memory = convolution.forward(signal, keep=True)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(convolution.back(gradient, memory, "standard"), back)


def test_it_suits_square_strides_without_groups():
    assert PolyphaseConvolution.suits(step((3, 3), 2, (1, 1)))
    assert not PolyphaseConvolution.suits(step((3, 3), 1, (1, 1)))
