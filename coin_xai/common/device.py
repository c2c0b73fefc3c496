"""Where to compute, and the way there and back."""

from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor


def best_device() -> torch.device:
    """Return the first GPU, or the CPU where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def moved(array: npt.NDArray[Any], device: torch.device) -> Tensor:
    """Return an array on a device; a GPU fetches it by itself, from memory that stays where it is."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor


def fetched(columns: Mapping[str, Tensor]) -> dict[str, npt.NDArray[Any]]:
    """Return columns as arrays; a GPU sends all of them and is waited for once."""
    here = {name: column.to("cpu", non_blocking=True) for name, column in columns.items()}
    for device in {column.device for column in columns.values() if column.is_cuda}:
        torch.cuda.current_stream(device).synchronize()
    return {name: column.numpy() for name, column in here.items()}
