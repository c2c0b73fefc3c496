"""Randomness by name: every decision has its own stream, so that no decision can disturb another.

A stream depends on the seed, the purpose and the numbers of the thing decided (which type, which coin), and
on nothing else. Coin 17 therefore looks the same whether it is drawn alone, in another order or among more.
"""

from enum import IntEnum

import numpy as np


class Purpose(IntEnum):
    """What a stream decides. The numbers are part of every picture: add new ones at the end."""

    TYPES = 0
    DIE = 1
    COIN = 2
    FLAN = 3
    SURFACE = 4
    BACKGROUND = 5
    CAMERA = 6
    SHOT = 7
    CLUSTER = 8


def stream(seed: int, purpose: Purpose, *numbers: int) -> np.random.Generator:
    """Return the generator for one purpose and one thing, the same on every call."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(int(purpose), *numbers)))
