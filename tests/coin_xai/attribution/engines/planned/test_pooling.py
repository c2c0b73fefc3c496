import pytest
import torch
from torch import nn

from coin_xai.attribution.engines.planned.operations import Rectify
from coin_xai.attribution.engines.planned.pooling import Pool, RectifiedPool
from coin_xai.attribution.engines.planned.steps import MaxPool
from coin_xai.attribution.engines.rectifiers import Rectifier, Switch

OPTIONS = [
    {"kernel": (3, 3), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1), "ceil_mode": False},
    {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1), "ceil_mode": True},
    {"kernel": (3, 2), "stride": (1, 2), "padding": (1, 1), "dilation": (2, 1), "ceil_mode": False},
]


@pytest.fixture(params=OPTIONS)
def step(request):
    return MaxPool(**request.param)


def reference(step, signal, gradient, rule, *, rectified):
    """The same by autograd, with a rectifier whose way back the rule decides."""
    switch = Switch()
    pool = nn.MaxPool2d(step.kernel, step.stride, step.padding, step.dilation, ceil_mode=step.ceil_mode)
    signal = signal.clone().requires_grad_()
    pooled = pool(Rectifier(switch)(signal) if rectified else signal)
    with switch.follow(rule):
        return pooled.detach(), torch.autograd.grad(pooled, signal, gradient(pooled))[0]


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_each_gradient_goes_to_the_place_that_won(step, layout):
    torch.manual_seed(2)
    signal, seed = torch.randn(2, 3, 9, 9, dtype=torch.float64), torch.Generator().manual_seed(3)
    drawn = {}

    def gradient(pooled):
        return drawn.setdefault("", torch.randn(pooled.shape, generator=seed, dtype=torch.float64))

    pooled, expected = reference(step, signal, gradient, "standard", rectified=False)
    pool = Pool(step, layout=layout)
    found, memory = pool.forward(signal, keep=True)
    assert torch.equal(found, pooled)
    torch.testing.assert_close(pool.back(gradient(pooled), memory, "standard"), expected)
    assert torch.equal(pool.forward(signal, keep=False)[0], pooled)


@pytest.mark.parametrize("rule", ["standard", "guided", "deconv"])
def test_masking_behind_the_pool_equals_masking_before_it(step, rule):
    torch.manual_seed(4)
    # Half of the windows have no positive value at all: their winner matters to DeconvNet alone.
    signal = torch.randn(2, 6, 9, 9, dtype=torch.float64) - 2 * (torch.arange(6) % 2).view(6, 1, 1)
    drawn = {}

    def gradient(pooled):
        return drawn.setdefault("", torch.randn_like(pooled)).clone()

    pooled, expected = reference(step, signal, gradient, rule, rectified=True)
    pool = Pool(step, layout=torch.channels_last)
    together = RectifiedPool(pool)
    found, memory = together.forward(signal.clone(), keep=True)
    assert torch.equal(found, pooled)
    torch.testing.assert_close(together.back(gradient(pooled), memory, rule), expected)
    rectifier = Rectify()
    rectified, own = rectifier.forward(signal.clone(), keep=True)
    _, winners = pool.forward(rectified, keep=True)
    apart = rectifier.back(pool.back(gradient(pooled), winners, rule), own, rule)
    torch.testing.assert_close(apart, expected)
