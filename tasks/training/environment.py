"""What, beside photographs and options, decides about the last digits of a training's numbers."""

import logging
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

import torch

from coin_xai.common.device import best_device

log = logging.getLogger(__name__)

LIBRARIES = ("torch", "torchvision", "faiss-gpu", "faiss-cpu", "numpy", "scipy", "scikit-learn", "pillow")


def versions(networks: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return the version of Python and of each library that computes.

    Args:
        networks: that learnt from ordinary photographs and see the coins, each with what tells its weights.
    """
    found = {"python": platform.python_version(), **networks}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def environment(processes: int = 1) -> dict[str, str]:
    """Return what, beside photographs and options, decides about the last digits of the numbers.

    Args:
        processes: how many train together.
    """
    device = best_device()
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    threads = str(torch.get_num_threads())
    return {"device": f"{device.type} {kind}", "processes": str(processes), "threads": threads, **versions()}


def warn_of_others(before: Mapping[str, str], *, processes: int = 1) -> None:
    """Warn of what is no longer as it was when the checkpoint was written."""
    now = environment(processes)
    changed = [
        f"{name} {before.get(name)}, now {now.get(name)}" for name in now if before.get(name) != now[name]
    ]
    if changed:
        log.warning(
            "begun with %s: the continuation equals an uninterrupted run up to rounding only",
            "; ".join(changed),
        )
