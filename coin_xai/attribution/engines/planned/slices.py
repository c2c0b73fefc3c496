"""The first stage of a network on a few photographs at a time, so that their maps stay in the cache.

Before the first pool maps are so large that those of a whole batch go through main memory between any two
operations; and blocks of that size are handed back to the kernel when they are freed, and must be filled with
zeros when they are wanted again. Each photograph goes its own way, so nothing changes in the results.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from coin_xai.attribution.engines.planned.operations import Operation
from coin_xai.attribution.engines.planned.pooling import Pool, RectifiedPool
from coin_xai.attribution.engines.rectifiers import Rule

# Four photographs of 224 x 224; fewer cost more in calls than they save, and leave threads without work.
PIXELS_AT_ONCE = 4 * 224 * 224


class Sliced:
    """Some operations as one, which goes through the batch slice by slice."""

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = tuple(operations)
        self.overwrites = self._operations[0].overwrites

    def forward(self, signal: Tensor, *, keep: bool) -> tuple[Tensor, Any]:
        """Go through all operations with one slice after the other."""
        following, memories = [], []
        for part in signal.tensor_split(_slices(signal)):
            memory = []
            for operation in self._operations:
                part, remembered = operation.forward(part, keep=keep)
                memory.append(remembered)
            following.append(part)
            memories.append(memory)
        return torch.cat(following), memories

    def back(self, gradient: Tensor, memory: Any, rule: Rule) -> Tensor:
        """Go back with one slice after the other."""
        earlier = []
        for part, remembered in zip(gradient.tensor_split(len(memory)), memory, strict=True):
            for operation, its in zip(reversed(self._operations), reversed(remembered), strict=True):
                part = operation.back(part, its, rule)
            earlier.append(part)
        return torch.cat(earlier)


def with_slices(operations: Sequence[Operation]) -> tuple[Operation, ...]:
    """Join what comes before the first pool, and the pool, if there is one."""
    ends = [place + 1 for place, one in enumerate(operations) if isinstance(one, Pool | RectifiedPool)]
    if not ends:
        return tuple(operations)
    return (Sliced(operations[: ends[0]]), *operations[ends[0] :])


def _slices(signal: Tensor) -> int:
    """Return how many; a graphics card has room for all, and wants them at once."""
    if signal.device.type != "cpu":
        return 1
    count, _, height, width = signal.shape
    at_once = max(1, PIXELS_AT_ONCE // (height * width), torch.get_num_threads())
    return -(-count // at_once)
