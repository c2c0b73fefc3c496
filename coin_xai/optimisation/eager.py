"""PyTorch's optimisers without its compiler.

They import it in order to tell it that it is to leave them alone: more than eight hundred modules, which take
half as long as all else that a training imports. Nothing here is ever compiled.
"""

import inspect
from typing import Any

import torch
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


class AdamW(_Eager, torch.optim.AdamW):
    """Adam with weight decay apart from the gradient: the same steps, the same state."""

    step: Any = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))
