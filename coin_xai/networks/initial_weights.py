"""Starts a network from the weights of another: what fits is taken, and what was not is said."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from coin_xai.errors import NetworkError
from coin_xai.networks.network import Network
from coin_xai.networks.seen_cells import BothCells, SeenCells

# Where files keep the state dict: our checkpoints, the reference's and most others, some of the rest.
CONTAINERS = ("training", "network", "state_dict", "model")


@dataclass(frozen=True)
class Taken:
    """What became of the weights of a file.

    Attributes:
        taken: names, in the network, of the tensors that were taken.
        unused: names in the file of the tensors that were not, each with the reason.
        as_drawn: names, in the network, of the tensors of the backbone that stayed as they were drawn.
    """

    taken: tuple[str, ...]
    unused: Mapping[str, str]
    as_drawn: tuple[str, ...]


def take_weights(network: Network, content: Mapping[str, object]) -> Taken:
    """Copy the weights of the backbone that fit by name and shape into a network.

    Names are compared without `module.`, which data-parallel training leaves anywhere in them; those of
    torchvision's ResNets fit too. The head is never taken, since every epoch draws a new one.

    Args:
        network: changed in place.
        content: of the file: a state dict, or a dict that holds one.

    Raises:
        NetworkError: there are no tensors, no convolution fits, or weights are not finite.
    """
    state = _state_dict(content)
    fronts = tuple(
        f"{name}." for name, part in network.named_modules() if isinstance(part, SeenCells | BothCells)
    )
    own = {
        name: tensor
        for name, tensor in network.state_dict().items()
        if name.startswith(("features.", "classifier.")) and not name.startswith(fronts)
    }
    taken: dict[str, Tensor] = {}
    unused: dict[str, str] = {}
    for name, tensor in state.items():
        plain = ".".join(part for part in name.split(".") if part != "module")
        target = plain if plain in own else f"features.{plain}"
        if plain.startswith(("sobel.", *fronts)):
            continue  # constant; the padding, which can differ, is an option and not in the file
        if target not in own:
            unused[name] = "the network has no such part, or it is a head"
        elif tensor.shape != own[target].shape:
            unused[name] = f"is {_shape(tensor)}, the network wants {_shape(own[target])}"
        elif tensor.is_floating_point() and not tensor.isfinite().all():
            raise NetworkError(f"the initial weights '{name}' hold NaN or infinite values: give another file")
        else:
            taken[target] = tensor
    if not any(own[name].ndim == 4 for name in taken):
        examples = ", ".join(f"'{name}' {reason}" for name, reason in list(unused.items())[:3])
        raise NetworkError(f"no convolution of the initial weights fits the network ({examples})")
    with torch.no_grad():
        for name, tensor in taken.items():
            own[name].copy_(tensor)
    # Files of PyTorch before 0.4.1 lack these counters, which nothing here reads.
    as_drawn = tuple(name for name in own if name not in taken and "num_batches_tracked" not in name)
    return Taken(taken=tuple(taken), unused=unused, as_drawn=as_drawn)


def _state_dict(content: Mapping[str, object]) -> dict[str, Tensor]:
    for container in CONTAINERS:
        inner = content.get(container)
        if isinstance(inner, Mapping):
            content = inner
    tensors = {str(name): tensor for name, tensor in content.items() if isinstance(tensor, Tensor)}
    if not tensors:
        raise NetworkError(
            f"the initial weights hold no tensors, only {', '.join(map(str, content)) or 'nothing'}: "
            "give a file with a state dict"
        )
    return tensors


def _shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a single number"
