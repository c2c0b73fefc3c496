import pytest
import torch
from torch import nn

from coin_xai.attribution.engines.planned import steps
from coin_xai.attribution.engines.planned.planner import describe
from coin_xai.attribution.engines.private_copy import PrivateCopy
from coin_xai.networks import Sobel


def first_step(*front):
    network = nn.Sequential(*front, nn.Flatten(), nn.LazyLinear(2))
    network(torch.zeros(1, 3, 8, 8))
    last = str(len(front) - 1)
    return describe(PrivateCopy(network).network, layer=last).steps[0]


@pytest.mark.parametrize("padding", ["replicate", "zeros"])
def test_our_front_is_recognised(padding):
    front = first_step(*Sobel(padding))
    assert isinstance(front, steps.SobelFront)
    assert front.replicate == (padding == "replicate")
    assert front.grey.tolist() == [pytest.approx(1 / 3)] * 3


def test_it_is_recognised_by_structure_and_not_by_class():
    front = first_step(nn.Conv2d(3, 1, 1, bias=False), nn.Conv2d(1, 5, 3, padding=1))
    assert isinstance(front, steps.SobelFront)
    assert front.derivatives.shape == (5, 1, 3, 3)
    assert front.grey_bias.tolist() == [0.0]


@pytest.mark.parametrize(
    "front",
    [
        (nn.Conv2d(3, 1, 1), nn.Conv2d(1, 2, 5, padding=1)),
        (nn.Conv2d(3, 1, 1), nn.Conv2d(1, 2, 3)),
        (nn.Conv2d(3, 1, 1), nn.Conv2d(1, 2, 3, padding=1, stride=2)),
        (nn.Conv2d(3, 2, 1), nn.Conv2d(2, 2, 3, padding=1)),
        (nn.Conv2d(3, 1, 1), nn.ReLU()),
    ],
)
def test_other_convolutions_stay_what_they_are(front):
    assert isinstance(first_step(*front), steps.Convolution)
