"""Checks at the door: what is asked of an explanation, before any work is done."""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from coin_xai.attribution.batches import is_out_of_memory
from coin_xai.errors import NetworkError, OptionError


def check_photographs(photographs: Tensor, network: nn.Module) -> None:
    """Make sure that a batch is N x 3 x H x W, and where and what the weights of the network are."""
    if photographs.ndim != 4 or photographs.shape[1] != 3 or 0 in photographs.shape:
        raise OptionError(
            f"photographs have the shape {tuple(photographs.shape)}: expected N x 3 x H x W, not empty"
        )
    if photographs.dtype not in (torch.float32, torch.float64):
        raise OptionError(
            f"photographs are {photographs.dtype}: normalise them to float32 or float64, like the network"
        )
    weights = next((weight for weight in network.parameters() if weight.is_floating_point()), photographs)
    if (photographs.dtype, photographs.device) != (weights.dtype, weights.device):
        raise OptionError(
            f"photographs are {photographs.dtype} on {photographs.device}, but the network is "
            f"{weights.dtype} on {weights.device}: convert one of them"
        )


def are_sound(photographs: Tensor, class_index: Tensor, logits: Tensor) -> Tensor:
    """Return whether all is finite and each unit is one of the head: a truth on the device; reading it waits.

    `check_pixels` and `check_units` say what is wrong; each waits for the device to know.
    """
    # One pass: a sum is finite only where all its terms are.
    finite = photographs.sum(dim=(1, 2, 3)).isfinite() & logits.isfinite().all(dim=1)
    return (finite & (class_index >= 0) & (class_index < logits.shape[1])).all()


def check_pixels(photographs: Tensor) -> None:
    """Make sure that photographs (N x 3 x H x W) are finite."""
    finite = photographs.isfinite().flatten(1).all(dim=1)
    if not finite.all():
        raise OptionError(f"photographs at {_positions(~finite)} of the batch hold NaN or infinite pixels")


def check_class_index(class_index: Tensor, photographs: Tensor) -> None:
    """Make sure that there is one whole number per photograph."""
    if class_index.shape != photographs.shape[:1] or class_index.dtype != torch.int64:
        raise OptionError(
            f"class_index is {class_index.dtype} of shape {tuple(class_index.shape)}: expected int64 "
            f"with one entry for each of the {len(photographs)} photographs"
        )


def check_logits(logits: object, coins: int) -> Tensor:
    """Make sure that a network gave scores before any softmax (N x k)."""
    if not isinstance(logits, Tensor) or logits.ndim != 2 or len(logits) != coins:
        shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise NetworkError(f"the network returned {shape}: expected logits, {coins} x number of classes")
    if "Softmax" in (name := logits.grad_fn.name() if logits.grad_fn else ""):
        raise NetworkError(
            f"the network ends in {name.removesuffix('Backward0')}: explain the logits before it, "
            "since a softmax mixes the evidence for a class with that against the others"
        )
    return logits


def check_units(class_index: Tensor, logits: Tensor, *, before: int = 0) -> None:
    """Make sure that scores (N x k) are finite, and that there are the units that are asked about.

    Args:
        class_index: of a part of a batch (N).
        logits: of the same.
        before: photographs of the batch that came before the part.
    """
    finite = logits.isfinite().all(dim=1)
    if not finite.all():
        raise NetworkError(
            f"the logits at {_positions(~finite, before)} of the batch are NaN or infinite: the weights are "
            "damaged"
        )
    outside = (class_index < 0) | (class_index >= logits.shape[1])
    if outside.any():
        raise OptionError(
            f"class_index is {class_index[outside].tolist()[:5]} at {_positions(outside, before)} of the "
            f"batch, but the head has the units 0 to {logits.shape[1] - 1}"
        )


@contextmanager
def naming_sizes(network: nn.Module, photographs: Tensor) -> Iterator[None]:
    """Say what size a network expects when it stumbles over that of the photographs."""
    try:
        yield
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        side = getattr(network, "input_size_px", None)
        expected = f" (it expects {side} x {side} pixels)" if side else ""
        raise NetworkError(
            f"the network cannot take photographs of shape {tuple(photographs.shape)}{expected}: {error}"
        ) from error


def find_layer(network: nn.Module, layer: str) -> nn.Module:
    """Return the module of that name, or say which names are nearest."""
    modules: dict[str, nn.Module] = dict(network.named_modules(remove_duplicate=False))
    modules.pop("", None)
    if layer not in modules:
        nearest = difflib.get_close_matches(layer, modules, n=5, cutoff=0.0)
        raise NetworkError(f"there is no layer '{layer}': the nearest names are {', '.join(nearest)}")
    return modules[layer]


def _positions(where: Tensor, before: int = 0) -> str:
    found = [before + one for one in where.nonzero().flatten().tolist()]
    listed = ", ".join(map(str, found[:5]))
    return f"position {listed}" + (f" and {len(found) - 5} more" if len(found) > 5 else "")
