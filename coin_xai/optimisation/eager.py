"""PyTorch's optimisers, and its averaging of gradients, without its compiler.

They import it in order to tell it that it is to leave them alone: more than eight hundred modules, which take
half as long as all else that a training imports. Nothing here is ever compiled.
"""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.nn import parallel
from torch.optim import Optimizer


class _Eager:
    """What all optimisers have, without what is wrapped around it for the compiler."""

    zero_grad: Any = inspect.unwrap(Optimizer.zero_grad)
    add_param_group: Any = inspect.unwrap(Optimizer.add_param_group)
    state_dict: Any = inspect.unwrap(Optimizer.state_dict)
    load_state_dict: Any = inspect.unwrap(Optimizer.load_state_dict)


class SGD(_Eager, torch.optim.SGD):
    """Stochastic gradient descent: the same steps, the same state."""

    step: Any = torch.no_grad()(inspect.unwrap(torch.optim.SGD.step))


class LBFGS(_Eager, torch.optim.LBFGS):
    """L-BFGS: the same steps, the same state; its step never asked for the compiler."""


class DistributedDataParallel(parallel.DistributedDataParallel):
    """A network whose gradients are those of all processes: the same sums, in the same order."""

    _inside_ddp_forward: Any = contextmanager(
        inspect.unwrap(parallel.DistributedDataParallel._inside_ddp_forward)
    )

    def __init__(self, network: nn.Module, **how: Any) -> None:
        """Take what PyTorch's own takes."""
        with _compiler_that_is_not_there():
            super().__init__(network, **how)


@contextmanager
def _compiler_that_is_not_there() -> Iterator[None]:
    """Answer, for as long as a block lasts, the one question that is asked of a compiler without imports."""
    if "torch._dynamo" in sys.modules:
        yield
        return
    # The compiler's own default: gradients are averaged by what is written in C++.
    answers = SimpleNamespace(get_optimize_ddp_mode=lambda: "ddp_optimizer")
    vars(torch)["_dynamo"] = SimpleNamespace(utils=answers)
    try:
        yield
    finally:
        del torch._dynamo
