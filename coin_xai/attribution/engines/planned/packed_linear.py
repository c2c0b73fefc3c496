"""Linear layers by oneDNN, with a copy of the weights in the order that the processor likes."""

from typing import Any

import torch
from torch import Tensor

from coin_xai.attribution.engines.planned.operations import Dense
from coin_xai.attribution.engines.planned.steps import Linear
from coin_xai.attribution.engines.rectifiers import Rule

# The order depends on the size of batches, and rounding on the order: were it that of whichever batch comes
# first, a run that was interrupted would end with other bits.
PACKED_FOR = 32


class PackedDense(Dense):
    """A linear layer whose weights are laid out once for each direction, when it is first used.

    Packing costs as much memory as the weights, per direction.
    """

    def __init__(self, step: Linear) -> None:
        super().__init__(step)
        self._ahead: Tensor | None = None
        self._behind: Tensor | None = None

    @staticmethod
    def suits(step: Linear) -> bool:
        """Whether there is such an operator for these weights."""
        weight = step.weight
        return (
            (weight.device.type, weight.dtype) == ("cpu", torch.float32)
            and bool(torch.backends.mkldnn.is_available())  # type: ignore[no-untyped-call]
            and hasattr(torch.ops.mkldnn, "_linear_pointwise")
        )

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:  # noqa: ARG002
        """Weigh the features."""
        if self._ahead is None:
            self._ahead = _packed(self.weight)
        return _weighed(signal, self._ahead, self._bias), None

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:  # noqa: ARG002
        """Weigh the other way round."""
        if self._behind is None:
            self._behind = _packed(self.weight.T.contiguous())
        return _weighed(gradient, self._behind, None)


def _packed(weight: Tensor) -> Tensor:
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight, PACKED_FOR)
    return packed


def _weighed(signal: Tensor, packed: Tensor, bias: Tensor | None) -> Tensor:
    weighed: Tensor = torch.ops.mkldnn._linear_pointwise(signal, packed, bias, "none", [], "")
    return weighed
