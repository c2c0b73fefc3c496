"""What is known about each coin of a batch after the network was asked why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from torch import Tensor

from coin_xai.attribution.engines.engine import EngineName
from coin_xai.attribution.methods import GradientMethod, MapMethod, Method
from coin_xai.attribution.version import ALGORITHM_VERSION


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """How maps were made.

    Attributes:
        network: name of its class.
        layer: whose maps were weighed.
        target: name of what was explained.
        methods: what was asked for.
        engine: which engine computed.
        engine_reason: why it was not the planned one; empty if it was.
        dtype: of the network.
        device: of the network.
        torch_version: of PyTorch.
        algorithm_version: of this package.
    """

    network: str
    layer: str
    target: str
    methods: tuple[Method, ...]
    engine: EngineName
    engine_reason: str
    dtype: str
    device: str
    torch_version: str = torch.__version__
    algorithm_version: int = ALGORITHM_VERSION


@dataclass(frozen=True, kw_only=True, eq=False)
class Attributions:
    """Raw maps and scores of N coins, on the device and in the precision of the network.

    Attributes:
        class_index: the units of the head that were explained (N, int64).
        value: of the target (N).
        logit: score of the unit before the softmax (N).
        runner_up: for each coin the best of the other units (N, int64); -1 if the head has one unit.
        runner_up_logit: its score (N); minus infinity if the head has one unit.
        argmax: for each coin the unit with the highest score (N, int64).
        penultimate: features before the last rectifier, which DeepCluster clusters (N x d).
        maps: by method, at the layer's own resolution, signed, before the negative part is dropped
            (N x h x w each).
        maximum: by method, the highest positive value of the map (N), 0 where there is none. Pictures hide
            it, since each is stretched to the full scale of colours.
        gradients: by method, raw and signed: one channel (N x H x W) if the network sees grey only through a
            Sobel front, so that red, green and blue are equal bit for bit, otherwise N x 3 x H x W.
        provenance: how they were made.
    """

    class_index: Tensor
    value: Tensor
    logit: Tensor
    runner_up: Tensor
    runner_up_logit: Tensor
    argmax: Tensor
    penultimate: Tensor
    maps: Mapping[MapMethod, Tensor]
    maximum: Mapping[MapMethod, Tensor]
    gradients: Mapping[GradientMethod, Tensor]
    provenance: Provenance

    def without_evidence(self, method: MapMethod) -> Tensor:
        """Return for each coin whether its map by that method is nowhere positive (N, bool)."""
        return self.maximum[method] == 0


def join(parts: Sequence[Attributions]) -> Attributions:
    """Put the parts of a batch together again."""
    if len(parts) == 1:
        return parts[0]
    names = [field.name for field in fields(Attributions)]
    return Attributions(**{name: _joined([getattr(part, name) for part in parts]) for name in names})


def _joined(values: list[Any]) -> Any:
    first = values[0]
    if isinstance(first, Tensor):
        return torch.cat(values)
    if isinstance(first, Mapping):
        return {key: torch.cat([value[key] for value in values]) for key in first}
    return values[-1]
