import pytest
import torch
from torch import nn
from torch.nn import functional as F

from coin_xai.attribution.engines.rectifiers import (
    LimitedRectifier,
    Rectifier,
    Switch,
    pass_back,
    refuse_foreign_rectifiers,
)
from coin_xai.errors import NetworkError

SIGNAL = torch.tensor([-1.0, 0.0, 2.0, -3.0, 4.0])
GRADIENT = torch.tensor([5.0, 6.0, 7.0, -8.0, -9.0])
EXPECTED = {
    "standard": [0.0, 0.0, 7.0, 0.0, -9.0],
    "guided": [0.0, 0.0, 7.0, 0.0, 0.0],
    "deconv": [5.0, 6.0, 7.0, 0.0, 0.0],
}


@pytest.mark.parametrize("rule", EXPECTED)
def test_each_rule_by_hand(rule):
    assert pass_back(rule, GRADIENT, F.relu(SIGNAL)).tolist() == EXPECTED[rule]


def test_one_forward_pass_serves_every_rule_in_any_order():
    switch = Switch()
    signal = SIGNAL.clone().requires_grad_()
    rectified = Rectifier(switch)(signal)
    assert torch.equal(rectified, F.relu(SIGNAL))
    for rule in [*EXPECTED, *reversed(EXPECTED)]:
        with switch.follow(rule):
            (found,) = torch.autograd.grad(rectified, signal, GRADIENT, retain_graph=True)
        assert found.tolist() == EXPECTED[rule]
        assert GRADIENT.tolist() == [5.0, 6.0, 7.0, -8.0, -9.0]


def test_behind_a_limit_nothing_is_passed_back_by_any_rule():
    switch = Switch()
    signal = torch.tensor([-1.0, 2.0, 6.0, 7.0], requires_grad=True)
    gradient = torch.tensor([5.0, 6.0, 7.0, 8.0])
    rectified = LimitedRectifier(switch)(signal)
    assert torch.equal(rectified, F.relu6(signal))
    assert LimitedRectifier(switch)(torch.tensor([torch.nan])).isnan().all()
    for rule, before in (("standard", 0.0), ("guided", 0.0), ("deconv", 5.0)):
        with switch.follow(rule):
            (found,) = torch.autograd.grad(rectified, signal, gradient, retain_graph=True)
        assert found.tolist() == [before, 6.0, 0.0, 0.0]


def test_the_switch_falls_back_after_an_exception():
    switch = Switch()
    with pytest.raises(KeyError), switch.follow("guided"):
        raise KeyError
    assert switch.rule == "standard"


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (F.relu, "relu"),
        (lambda x: torch.relu_(x.clone()), "relu"),
        (nn.ReLU(inplace=False), "relu"),
        (F.relu6, "relu6"),
        (nn.LeakyReLU(), "leaky_relu"),
        (nn.PReLU().requires_grad_(False), "prelu"),
        (nn.RReLU().eval(), "rrelu"),
        (nn.ELU(), "elu"),
        (nn.SELU(), "selu"),
        (nn.GELU(), "gelu"),
        (nn.SiLU(), "silu"),
        (nn.Mish(), "mish"),
        (nn.GLU(dim=-1), "glu"),
        (nn.Softplus(), "softplus"),
        (nn.Hardswish(), "hardswish"),
        (nn.Threshold(0.1, 0.0), "threshold"),
        (lambda x: x.clamp(min=0), "clamp"),
        (lambda x: torch.maximum(x, torch.zeros_like(x)), "maximum"),
    ],
)
def test_any_other_rectifier_is_named(function, word):
    rectifier = Rectifier(Switch())
    signal = torch.randn(4, 6, requires_grad=True)
    scalar = rectifier(function(rectifier(signal)) * 2).sum()
    with pytest.raises(NetworkError, match=rf"guided rule .* rectifies by: .*\b{word}\b.*\(1 x\)"):
        refuse_foreign_rectifiers(scalar, "guided")


def test_what_is_no_rectifier_passes():
    signal = torch.randn(2, 3, 8, 8, requires_grad=True)
    rectifier = Rectifier(Switch())
    maps = F.max_pool2d(rectifier(F.conv2d(signal, torch.randn(4, 3, 3, 3))), 2)
    scores = rectifier(maps.flatten(1) @ torch.randn(36, 5)) @ torch.randn(5, 2)
    refuse_foreign_rectifiers(scores.sigmoid().sum() + maps.mean(), "guided")
