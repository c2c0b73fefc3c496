import pytest
import torch
from torch import nn

from coin_xai.attribution.engines.planned.pooling import Pool
from coin_xai.attribution.engines.planned.steps import MaxPool

OPTIONS = [
    {"kernel": (3, 3), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1), "ceil_mode": False},
    {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1), "ceil_mode": True},
    {"kernel": (3, 2), "stride": (1, 2), "padding": (1, 1), "dilation": (2, 1), "ceil_mode": False},
]


@pytest.fixture(params=OPTIONS)
def step(request):
    return MaxPool(**request.param)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_each_gradient_goes_to_the_place_that_won(step, layout):
    torch.manual_seed(2)
    signal = torch.randn(2, 3, 9, 9, dtype=torch.float64, requires_grad=True)
    by_torch = nn.MaxPool2d(step.kernel, step.stride, step.padding, step.dilation, ceil_mode=step.ceil_mode)
    pooled = by_torch(signal)
    gradient = torch.randn_like(pooled)
    (expected,) = torch.autograd.grad(pooled, signal, gradient)
    pool, signal = Pool(step, layout=layout), signal.detach()
    found, memory = pool.forward(signal, keep=True)
    assert torch.equal(found, pooled)
    torch.testing.assert_close(pool.back(gradient, memory, "standard"), expected)
    assert torch.equal(pool.forward(signal, keep=False)[0], pooled)
