import pytest
import torch
from torch.nn import functional as F

from coin_xai.attribution.engines.planned.packed_linear import PackedDense
from coin_xai.attribution.engines.planned.steps import Linear

STEP = Linear(weight=torch.randn(7, 12), bias=torch.randn(7))


@pytest.mark.skipif(not PackedDense.suits(STEP), reason="this PyTorch has no packed linear layers")
def test_packed_weights_give_the_same_both_ways():
    dense = PackedDense(STEP)
    for count in (4, 1, 9):  # packed for the first size, used for all
        signal, gradient = torch.randn(count, 12), torch.randn(count, 7)
        torch.testing.assert_close(
            dense.forward(signal, keep=True)[0], F.linear(signal, STEP.weight, STEP.bias)
        )
        torch.testing.assert_close(dense.back(gradient, None, "standard"), gradient @ STEP.weight)


def test_other_precisions_are_left_to_the_library():
    assert not PackedDense.suits(Linear(weight=STEP.weight.double(), bias=None))
    assert not PackedDense.suits(Linear(weight=torch.zeros(2, 2, device="meta"), bias=None))
