"""What is to be known about a forward pass, caught by hooks that are gone after it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from coin_xai.attribution.engines.rectifiers import Rectifier
from coin_xai.attribution.inputs import find_layer
from coin_xai.errors import NetworkError


@contextmanager
def captured_layer(network: nn.Module, layer: str) -> Iterator[list[object]]:
    """Collect what a module puts out, and hand a clone on: what follows may work in place."""
    captured: list[object] = []

    def keep(_module: nn.Module, _inputs: tuple[Any, ...], output: object) -> Tensor | None:
        if not isinstance(output, Tensor):
            captured.append(output)
            return None
        maps = output.clone() if output.requires_grad else output.detach().clone().requires_grad_()
        captured.append(maps)
        return maps.clone()

    handle = find_layer(network, layer).register_forward_hook(keep)
    try:
        yield captured
    finally:
        handle.remove()


class Ends:
    """What the last linear layer and the last rectifier of a pass were given and put out."""

    def __init__(self) -> None:
        self._linear: tuple[nn.Linear, Tensor, Tensor] | None = None
        self._rectifier: tuple[Tensor, Tensor] | None = None

    def head(self, logits: Tensor) -> tuple[nn.Linear, Tensor]:
        """Return the linear layer that put out these logits, and what it was given (N x d).

        Raises:
            NetworkError: they come from elsewhere.
        """
        if self._linear is None or self._linear[2] is not logits or self._linear[1].ndim != 2:
            raise NetworkError(
                "the logits of the network are not what its last nn.Linear puts out: targets begin at the "
                "features that a linear head weighs, so end the network in one"
            )
        return self._linear[:2]

    def before_rectifier(self, features: Tensor) -> Tensor:
        """Return what these features were before a rectifier, or themselves if they come from none."""
        if self._rectifier is None or self._rectifier[1] is not features:
            return features
        return self._rectifier[0]

    def see(self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Remember a call; a hook."""
        if isinstance(module, nn.Linear):
            self._linear = (module, inputs[0], output)
        else:
            self._rectifier = (inputs[0], output)


@contextmanager
def captured_ends(network: nn.Module) -> Iterator[Ends]:
    """Watch linear layers and rectifiers."""
    ends = Ends()
    handles = [
        module.register_forward_hook(ends.see)
        for module in network.modules()
        if isinstance(module, nn.Linear | Rectifier)
    ]
    try:
        yield ends
    finally:
        for handle in handles:
            handle.remove()


def only_maps(captured: list[object], layer: str) -> Tensor:
    """Return what a layer put out, if that was maps (N x C x h x w), once.

    Raises:
        NetworkError: it was something else.
    """
    if len(captured) != 1:
        raise NetworkError(
            f"layer '{layer}' is used {len(captured)} times in a forward pass: choose one that is used once"
        )
    maps = captured[0]
    if not isinstance(maps, Tensor) or maps.ndim != 4:
        shape = tuple(maps.shape) if isinstance(maps, Tensor) else type(maps).__name__
        raise NetworkError(
            f"layer '{layer}' puts out {shape}, not maps (N x C x h x w): choose a convolutional layer"
        )
    return maps
