"""Rectifiers whose way back is chosen when the gradient flows, not when the photograph is shown.

With g the incoming gradient and z the input of a rectifier, the three rules pass back

    standard   g          where z > 0, else 0    (the derivative)
    guided     max(0, g)  where z > 0, else 0    (Springenberg et al. 2015, arXiv 1412.6806)
    deconv     max(0, g)                         (Zeiler & Fergus 2014, arXiv 1311.2901)

One forward pass can therefore serve a backward pass of each. ReLU6 is such a rectifier with a minimum behind
it, which is no rectifier: where z >= 6, all three pass nothing back.
"""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from coin_xai.errors import NetworkError

Rule = Literal["standard", "guided", "deconv"]

LIMIT = 6.0
"""Of ReLU6."""

# What autograd calls the functions that bend at zero, without its ending "Backward0". A clamp or a maximum
# may serve another end, but whoever writes a rectifier by hand writes one of them.
_FOREIGN = {
    "Relu": "relu",
    "LeakyRelu": "leaky_relu",
    "PreluKernel": "prelu",
    "RreluWithNoise": "rrelu",
    "RreluWithNoiseFunctional": "rrelu",
    "Elu": "elu, selu or celu",
    "Gelu": "gelu",
    "Silu": "silu",
    "Mish": "mish",
    "Glu": "glu",
    "Softplus": "softplus",
    "Hardtanh": "relu6 or hardtanh",
    "Hardswish": "hardswish",
    "Threshold": "threshold",
    "Clamp": "clamp",
    "ClampMin": "clamp",
    "Maximum": "maximum",
    "CompiledFunction": "compiled code",
}


class Switch:
    """The rule that the rectifiers of one network follow now."""

    def __init__(self) -> None:
        self.rule: Rule = "standard"

    @contextmanager
    def follow(self, rule: Rule) -> Iterator[None]:
        """Follow a rule for a while, then the former one again, also after an exception."""
        former, self.rule = self.rule, rule
        try:
            yield
        finally:
            self.rule = former


class Rectifier(nn.Module):
    """max(0, z), never in place, with the way back that the switch says."""

    def __init__(self, switch: Switch) -> None:
        super().__init__()
        self.switch = switch

    def forward(self, signal: Tensor) -> Tensor:
        """Rectify a signal of any shape."""
        rectified: Tensor = _Rectify.apply(signal, self.switch)
        return rectified


class LimitedRectifier(Rectifier):
    """min(6, max(0, z)), likewise."""

    def forward(self, signal: Tensor) -> Tensor:
        """Rectify a signal of any shape."""
        rectified = super().forward(signal)
        return torch.where(rectified >= LIMIT, LIMIT, rectified)


REPLACED: dict[object, type[Rectifier]] = {nn.ReLU: Rectifier, nn.ReLU6: LimitedRectifier}
"""What takes the place of a network's rectifiers. Subclasses stay: they may compute something else."""


class _Rectify(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, signal: Tensor, switch: Switch) -> Tensor:
        rectified = F.relu(signal)
        # The output is positive exactly where the input is, and is kept alive by the next layer anyway.
        ctx.save_for_backward(rectified)
        ctx.switch = switch
        return rectified

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (rectified,) = ctx.saved_tensors
        return pass_back(ctx.switch.rule, gradient, rectified), None


def pass_back(rule: Rule, gradient: Tensor, rectified: Tensor, *, in_place: bool = False) -> Tensor:
    """Return what a rectifier hands down, given the gradient of its output and that output (same shapes).

    In place, the gradient becomes the result.
    """
    passed = gradient if in_place else torch.empty_like(gradient)
    if rule == "deconv":
        return torch.clamp(gradient, min=0, out=passed)
    # The library's own derivative of a rectifier, several times quicker than a mask.
    torch.ops.aten.threshold_backward.grad_input(gradient, rectified, 0, grad_input=passed)
    return passed.clamp_(min=0) if rule == "guided" else passed


def refuse_foreign_rectifiers(features: Tensor, rule: Rule) -> None:
    """Make sure that a rule reaches every rectifier between the input and features computed from it.

    Only modules `nn.ReLU` and `nn.ReLU6` can be replaced by a `Rectifier`; a function called inside a
    `forward` shows up in the autograd graph alone.

    Raises:
        NetworkError: the graph holds a rectifier that would keep its ordinary derivative.
    """
    found: Counter[str] = Counter()
    waiting, seen = [features.grad_fn], {features.grad_fn}
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        name = _FOREIGN.get(re.sub(r"Backward\d*$", "", node.name()))
        if name:
            found[name] += 1
        for earlier, _ in node.next_functions:
            if earlier not in seen:
                seen.add(earlier)
                waiting.append(earlier)
    if found:
        listed = ", ".join(f"{name} ({count} x)" for name, count in sorted(found.items()))
        raise NetworkError(
            f"the {rule} rule is defined for modules nn.ReLU and nn.ReLU6 only, but this network also "
            f"rectifies by: {listed}. Use such modules in its forward pass, or ask for grad_cam alone."
        )
