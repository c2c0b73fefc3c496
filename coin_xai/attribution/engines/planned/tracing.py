"""Follows a photograph symbolically through the `forward` of a network, and makes sure that it is a chain."""

import torch
from torch import fx, nn


class RefusalError(Exception):
    """This network cannot be planned; the message says which part of it."""


def chain(network: nn.Module) -> list[str | None]:
    """Return what the signal goes through: the name of a module, or None where it is flattened.

    Raises:
        RefusalError: it branches, or goes through a function that is not a module; the message names it.
    """
    signal, way = None, []
    for node in _trace(network).nodes:
        if node.op == "placeholder":
            if signal is not None and node.users:
                raise RefusalError(f"it takes '{node.name}' beside photographs")
            signal = signal or node
        elif node.op == "output":
            if node.args != (signal,):
                raise RefusalError("it returns something else than the end of a chain")
        elif not _is_size(node):
            if signal is None or node.args[:1] != (signal,):
                raise RefusalError(f"'{node}' is beside the chain")
            if any(user is not node and not _is_size(user) for user in signal.users):
                raise RefusalError(f"the signal branches at '{node}'")
            if node.op != "call_module" and not _flattens(node):
                called = getattr(node.target, "__name__", node.target)
                raise RefusalError(f"the function {called} is called, which is not a module")
            way.append(str(node.target) if node.op == "call_module" else None)
            signal = node
    return way


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return not list(m.children()) or super().is_leaf_module(m, module_qualified_name)


def _trace(network: nn.Module) -> fx.Graph:
    try:
        return _Tracer().trace(network)
    except Exception as error:
        raise RefusalError(f"{type(network).__name__} cannot be followed symbolically: {error}") from error


def _is_size(node: fx.Node) -> bool:
    """Whether a node is a number: a size of a tensor, or an entry of one."""
    if node.op == "call_method":
        return node.target == "size"
    if node.op != "call_function":
        return False
    name = getattr(node.target, "__name__", "")
    if name == "getattr":
        return bool(node.args[1] == "shape")
    return name == "getitem" and isinstance(node.args[0], fx.Node) and _is_size(node.args[0])


def _flattens(node: fx.Node) -> bool:
    """Whether a node turns maps into rows: flatten from the second dimension, or a view of two dimensions."""
    arguments = (*node.args[1:], *node.kwargs.values())
    if node.target in (torch.flatten, "flatten"):
        return bool(arguments == (1,))
    return (
        node.op == "call_method"
        and node.target in ("view", "reshape")
        and len(arguments) == 2
        and isinstance(arguments[0], fx.Node)
        and _is_size(arguments[0])
    )
