"""Reads a network into a chain of steps, by what it does and not by what it is called.

Whatever is not planned for is refused by name; the autograd engine takes such networks.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from coin_xai.attribution.engines import rectifiers
from coin_xai.attribution.engines.planned.fronts import with_front
from coin_xai.attribution.engines.planned.steps import (
    Affine,
    AveragePool,
    Convolution,
    Description,
    Flatten,
    Linear,
    MaxPool,
    Pair,
    Rectifier,
    Step,
)
from coin_xai.attribution.engines.planned.tracing import RefusalError, chain


def describe(network: nn.Module, *, layer: str) -> Description:
    """Return what a network does, up to and beyond a layer.

    Args:
        network: a private copy, in evaluation mode.
        layer: dotted name of the module to be explained.

    Raises:
        RefusalError: it is not a chain of known modules that ends in a linear one, or the layer is not in it.
    """
    steps: list[Step] = []
    ends: list[int] = []  # how many steps there are up to and including the layer, each time it is used
    for name in chain(network):
        steps += [Flatten()] if name is None else _read(name, network.get_submodule(name))
        if name == layer:
            ends.append(len(steps))
    if len(ends) != 1:
        raise RefusalError(f"layer '{layer}' is not a single module of the chain")
    joined = with_front(steps)
    end = ends[0] - (len(steps) - len(joined))
    _check_order(joined, layer, end)
    return Description(joined, end)


def _read(name: str, module: nn.Module) -> list[Step]:
    """Return the step of a module, none for one that does nothing in evaluation mode."""
    if type(module) in (nn.Identity, nn.Dropout, nn.Dropout2d):
        return []
    if type(module) not in _READERS:
        raise RefusalError(f"'{name}' is {type(module).__name__}, which is not planned for")
    return [_READERS[type(module)](name, module)]


def _convolution(name: str, module: Any) -> Step:
    if isinstance(module.padding, str):
        raise RefusalError(f"'{name}' has the padding '{module.padding}'")
    if module.padding_mode not in ("zeros", "replicate"):
        raise RefusalError(f"'{name}' continues maps by '{module.padding_mode}'")
    return Convolution(
        name=name,
        weight=module.weight.detach(),
        bias=None if module.bias is None else module.bias.detach(),
        stride=module.stride,
        padding=module.padding,
        dilation=module.dilation,
        groups=module.groups,
        replicate=module.padding_mode == "replicate",
    )


def _affine(name: str, module: Any) -> Step:
    if module.running_mean is None:
        raise RefusalError(f"'{name}' normalises by the statistics of each batch")
    # In double precision, so that a convolution that it is folded into is rounded once.
    deviation = (module.running_var.double() + module.eps).sqrt()
    scale = torch.ones_like(deviation) if module.weight is None else module.weight.detach().double()
    scale = scale / deviation
    shift = -module.running_mean.double() * scale
    return Affine(scale=scale, shift=shift if module.bias is None else shift + module.bias.detach().double())


def _max_pool(name: str, module: Any) -> Step:
    if module.return_indices:
        raise RefusalError(f"'{name}' returns the places of its maxima")
    return MaxPool(
        kernel=_pair(module.kernel_size),
        stride=_pair(module.stride),
        padding=_pair(module.padding),
        dilation=_pair(module.dilation),
        ceil_mode=module.ceil_mode,
    )


def _average_pool(name: str, module: Any) -> Step:
    size = _pair(module.output_size)
    if None in size:
        raise RefusalError(f"'{name}' keeps a side of the maps")
    return AveragePool(size=size)


def _flatten(name: str, module: Any) -> Step:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise RefusalError(f"'{name}' flattens from {module.start_dim} to {module.end_dim}")
    return Flatten()


def _linear(_name: str, module: Any) -> Step:
    bias: Tensor | None = None if module.bias is None else module.bias.detach()
    return Linear(weight=module.weight.detach(), bias=bias)


# By exact type: a subclass may compute something else.
_READERS: dict[type[nn.Module], Callable[[str, Any], Step]] = {
    nn.Conv2d: _convolution,
    nn.BatchNorm2d: _affine,
    rectifiers.Rectifier: lambda _name, _module: Rectifier(),
    nn.MaxPool2d: _max_pool,
    nn.AdaptiveAvgPool2d: _average_pool,
    nn.Flatten: _flatten,
    nn.Linear: _linear,
}


def _pair(value: Any) -> Pair:
    return tuple(value) if isinstance(value, list | tuple) else (value, value)


def _check_order(steps: tuple[Step, ...], layer: str, end: int) -> None:
    """Make sure that maps are flattened once, behind the layer, and that only linear layers follow."""
    flat = [position for position, step in enumerate(steps) if isinstance(step, Flatten)]
    if len(flat) != 1 or not isinstance(steps[-1], Linear):
        raise RefusalError("it does not flatten its maps once and end in a linear layer")
    if not 0 < end <= flat[0]:
        raise RefusalError(f"layer '{layer}' gives no maps of its own")
    for step in steps[: flat[0]]:
        if isinstance(step, Linear):
            raise RefusalError("a linear layer works on maps")
        if isinstance(step, Convolution) and step.replicate:
            raise RefusalError(f"'{step.name}' continues maps by 'replicate', and is not a Sobel front")
    for step in steps[flat[0] + 1 :]:
        if not isinstance(step, Linear | Rectifier):
            raise RefusalError(f"{type(step).__name__} works on flattened maps")
