"""A copy of a network to work on: the user's own is never touched, and its weights are not duplicated."""

import copy
from collections.abc import Hashable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from coin_xai.attribution.engines.rectifiers import REPLACED, Switch
from coin_xai.errors import NetworkError

_WRAPPERS = (torch.jit.ScriptModule, nn.DataParallel, nn.parallel.DistributedDataParallel)


class PrivateCopy:
    """A frozen twin of a network, in evaluation mode, with switchable rectifiers.

    Parameters, buffers and other tensors held by its modules are aliases: they share the storage of the
    original, so that the twin follows each training step and costs no memory. They ask for no gradient.
    Hooks are not copied: they belong to whoever put them on the original, and would see calls that are
    not theirs.
    """

    def __init__(self, network: nn.Module) -> None:
        """Copy a network.

        Raises:
            NetworkError: it cannot be copied, or is a wrapper that hides the modules.
        """
        network = _unwrapped(network)
        self.switch = Switch()
        self._state = _state(network)
        try:
            self.network = copy.deepcopy(network, _memo(network))
        except Exception as error:
            raise NetworkError(f"{type(network).__name__} cannot be copied: {error}") from error
        self.network.eval()
        for module in list(self.network.modules()):
            for name, child in module._modules.items():
                # If a subclass calls relu inside, the graph will show it.
                if replacement := REPLACED.get(type(child)):
                    module._modules[name] = replacement(self.switch)

    def is_current(self, network: nn.Module) -> bool:
        """Whether it still is a twin: no module was exchanged and no tensor replaced or moved since."""
        return self._state == _state(_unwrapped(network))


def _unwrapped(network: nn.Module) -> nn.Module:
    # torch.compile keeps the plain network inside, and its compiled code would hide the rectifiers.
    plain = getattr(network, "_orig_mod", network)
    if isinstance(plain, _WRAPPERS):
        raise NetworkError(
            f"{type(plain).__name__} hides the modules of the network: pass the plain network inside it"
        )
    assert isinstance(plain, nn.Module)
    return plain


def _tensors(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    for holder in (module._parameters, module._buffers, vars(module)):
        for name, value in holder.items():
            if isinstance(value, Tensor):
                yield name, value


def _memo(network: nn.Module) -> dict[int, Any]:
    """Tell deepcopy what to put in the place of tensors (aliases) and of hooks (none)."""
    memo: dict[int, Any] = {}
    for name, module in network.named_modules():
        for hook in module._forward_pre_hooks.values():
            # Weight and spectral normalisation of the older kind, and pruning, compute the weights in a hook.
            if type(hook).__module__.startswith("torch.nn.utils"):
                raise NetworkError(
                    f"{type(hook).__name__} recomputes the weights of '{name}' before every pass: "
                    "remove it, or use torch.nn.utils.parametrizations instead"
                )
        for attribute, value in vars(module).items():
            if attribute.startswith("_") and "_hooks" in attribute and isinstance(value, dict):
                memo[id(value)] = type(value)()
        for _, tensor in _tensors(module):
            alias = tensor.detach()
            if isinstance(tensor, nn.Parameter):
                alias = nn.Parameter(alias, requires_grad=False)
            memo[id(tensor)] = alias
    return memo


def _state(network: nn.Module) -> list[Hashable]:
    """Describe which modules there are and where their tensors lie.

    An address is not used again while a copy lives, because its aliases keep the memory.
    """
    return [
        (path, type(module), name, tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype)
        for path, module in network.named_modules()
        for name, tensor in _tensors(module)
    ] + [(path, type(module)) for path, module in network.named_modules()]
