"""A network of ours with the weights of a checkpoint that others trained."""

from collections.abc import Mapping
from pathlib import Path

import torch
from pydantic import ValidationError
from torch import Tensor

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.networks import Network, build
from storage.legacy.architecture import Architecture
from storage.legacy.errors import LegacyError


def options_of(architecture: Architecture, checkpoint: Path) -> TrainingOptions:
    """Return options that say how the network was made; how it was trained, its checkpoint does not tell.

    They are the profile `legacy`: the Sobel front has the zero padding that the weights were trained with,
    and the network sees the central 224 of 256 pixels.

    Raises:
        LegacyError: it has a size that no option allows.
    """
    try:
        return TrainingOptions(
            profile="legacy",
            network=architecture.network,
            width=architecture.width,
            sobel=architecture.sobel,
            k=architecture.k,
        )
    except ValidationError as error:
        reasons = "; ".join(f"{one['loc'][0]} is {one['input']}: {one['msg']}" for one in error.errors())
        raise LegacyError(f"{checkpoint} does not fit: {reasons}") from error


def build_with(weights: Mapping[str, Tensor], options: TrainingOptions, checkpoint: Path) -> Network:
    """Return the network, in evaluation mode, with every one of the weights in its place.

    Raises:
        LegacyError: a weight is missing, has no place, another shape, or is no finite number.
    """
    network = build(
        options.network,
        k=options.k,
        generator=torch.Generator().manual_seed(0),
        sobel=options.sobel,
        sobel_padding=options.sobel_padding,
        width=options.width,
    ).eval()
    state = {
        name: tensor
        for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    # The Sobel front never learns; a file may leave it out.
    missing = [name for name in state if name not in weights and not name.startswith("sobel.")]
    faults = [f"{name} is missing" for name in missing]
    faults += [f"{name} has no place in it" for name in weights if name not in state]
    faults += [
        f"{name} is {fault}"
        for name, tensor in weights.items()
        if name in state and (fault := _fault(tensor, state[name]))
    ]
    if faults:
        raise LegacyError(
            f"rule 'the weights are those of {options.network}': {len(faults)} of {checkpoint} do not fit: "
            f"{'; '.join(faults[:3])}; give a checkpoint of the published networks"
        )
    for name, tensor in weights.items():
        state[name].copy_(tensor)
    return network


def _fault(tensor: Tensor, place: Tensor) -> str | None:
    """Return what is wrong with a weight, looking at its values only when it has the size it should have."""
    if tensor.shape != place.shape:
        return f"{_shape(tensor)}, not {_shape(place)}"
    if tensor.layout != torch.strided or tensor.device.type != "cpu" or not tensor.is_floating_point():
        return f"of the type {tensor.dtype}, not of plain broken numbers"
    if not tensor.isfinite().all():
        return "not finite (NaN or infinite)"
    return None


def _shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a single number"
