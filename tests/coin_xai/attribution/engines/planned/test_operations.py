import torch
from torch import nn
from torch.nn import functional as F

from coin_xai.attribution.engines.planned import steps
from coin_xai.attribution.engines.planned.operations import Average, Dense, Flat, Scale


def check(operation, module, signal):
    """Forward and back equal a function of PyTorch and its gradient."""
    signal = signal.requires_grad_()
    expected = module(signal)
    gradient = torch.randn_like(expected)
    (back,) = torch.autograd.grad(expected, signal, gradient)
    with torch.no_grad():
        found, memory = operation.forward(signal, keep=True)
        torch.testing.assert_close(found, expected)
        torch.testing.assert_close(operation.back(gradient, memory, "guided"), back)


def test_scale():
    scale, shift = torch.rand(3, dtype=torch.float64), torch.rand(3, dtype=torch.float64)
    signal = torch.randn(2, 3, 4, 4)
    operation = Scale(steps.Affine(scale=scale, shift=shift))
    check(operation, lambda x: x * scale.view(3, 1, 1).float() + shift.view(3, 1, 1).float(), signal)


def test_average_over_windows_that_overlap_and_over_the_same_size():
    for size in ((3, 2), (1, 1), (7, 7)):
        check(Average(steps.AveragePool(size=size)), nn.AdaptiveAvgPool2d(size), torch.randn(2, 3, 7, 7))


def test_flat_keeps_the_order_whatever_the_layout():
    for layout in (torch.channels_last, torch.contiguous_format):
        signal = torch.randn(2, 3, 4, 5).contiguous(memory_format=layout)
        check(Flat(layout=torch.channels_last), lambda x: x.flatten(1), signal)


def test_dense():
    weight, bias = torch.randn(4, 6), torch.randn(4)
    check(
        Dense(steps.Linear(weight=weight, bias=bias)), lambda x: F.linear(x, weight, bias), torch.randn(3, 6)
    )
