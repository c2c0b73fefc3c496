"""What learning is computed in: single precision, or bfloat16 where that is safe."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Literal

from coin_xai.errors import OptionError

if TYPE_CHECKING:
    import torch

Precision = Literal["float32", "mixed"]


def computing_in(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """Return a context in which forward passes are computed in that precision.

    Weights, batch statistics and the loss stay in single precision. bfloat16 has the range of float32, so
    that gradients need no scaling.

    Raises:
        OptionError: mixed precision on a processor, most of which emulate it ten times slower.
    """
    import torch  # options name a precision without it

    if precision == "mixed" and device.type != "cuda":
        raise OptionError(f"precision mixed needs a GPU, and this is a {device.type}: leave it at float32")
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "mixed")
