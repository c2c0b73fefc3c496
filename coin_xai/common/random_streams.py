"""One seed, many independent streams: each random choice has its own, named and numbered.

A stream depends on nothing but (seed, name, numbers), so an epoch draws the same numbers whether the run
was interrupted before it or not. That is why a checkpoint needs no generator states beyond the seed.
"""

import zlib

import numpy as np
import torch


def stream(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """Return the generator of one purpose in one epoch, or of one photograph in one epoch."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode()), *numbers]))


def torch_stream(seed: int, name: str, *numbers: int, device: torch.device | str = "cpu") -> torch.Generator:
    """Return the same as a generator of PyTorch."""
    return torch.Generator(device).manual_seed(integer(stream(seed, name, *numbers)))


def integer(generator: np.random.Generator) -> int:
    """Draw a non-negative 31-bit integer, the kind that every library takes as a seed."""
    return int(generator.integers(2**31 - 1))
