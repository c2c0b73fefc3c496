"""The fast engine: a chain of operations, run forward once and back as often as there are questions."""

from typing import Any

import torch
from torch import Tensor

from coin_xai.attribution.engines.engine import Needs, Scores, TargetGradient
from coin_xai.attribution.engines.planned.compilation import compiled
from coin_xai.attribution.engines.planned.operations import Average, Dense, Flat, Operation, Rectify
from coin_xai.attribution.engines.planned.pooling import Pool
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.attribution.engines.planned.steps import Description
from coin_xai.attribution.engines.rectifiers import Rule


class PlannedEngine:
    """Explains a network as it was described; a network that changed must be described anew."""

    def __init__(self, description: Description, *, rewrites: Rewrites) -> None:
        """Compile a description, by the rewrites that may be used."""
        self.operations: tuple[Operation, ...] = compiled(description.steps, rewrites=rewrites)
        self.layer = description.layer
        self.head = len(self.operations) - 1
        last_is_rectifier = isinstance(self.operations[self.head - 1], Rectify)
        self.penultimate = self.head - 1 if last_is_rectifier else self.head
        self.flat = next(place for place, step in enumerate(self.operations) if isinstance(step, Flat))
        self.rewrites = rewrites
        self._columns: Tensor | None = None
        self._deconvnet: dict[int, Tensor] = {}

    @torch.no_grad()
    def forward(self, photographs: Tensor, needs: Needs) -> "PlannedPass":
        """Show photographs (N x 3 x H x W) to the network."""
        signal, signals, memories = photographs, {}, []
        kept = {0, self.layer, self.penultimate, self.head}
        for place, operation in enumerate(self.operations):
            if place in kept:
                signals[place] = signal
                if operation.overwrites:
                    signal = signal.clone()
            keep = bool(needs.rules) or (needs.map_gradients and place >= self.layer)
            signal, memory = operation.forward(signal, keep=keep)
            memories.append(memory)
        head = self.operations[self.head]
        assert isinstance(head, Dense)
        scores = Scores(
            logits=signal,
            penultimate=signals[self.penultimate],
            head_input=signals[self.head],
            head_weight=head.weight,
        )
        return PlannedPass(self, scores, signals[self.layer], memories)

    def summed_columns(self, maps: int) -> Tensor | None:
        """Return the weights of the first linear layer summed over the places of each map (outputs x maps).

        None if something else than pools stands between the layer and it, or it is the head itself. A pool
        hands the whole of each gradient on, so the sum over a map is not changed by it.
        """
        between = self.operations[self.layer : self.flat]
        first = self.operations[self.flat + 1]
        if self.flat + 1 == self.head or not isinstance(first, Dense):
            return None
        if not all(isinstance(one, Pool | Average) for one in between):
            return None
        if self._columns is None:
            self._columns = first.weight.view(len(first.weight), maps, -1).sum(dim=2)
        return self._columns

    def deconvnet_at_maps(self, unit: Tensor, rows: Tensor) -> Tensor:
        """Return DeconvNet's signal at the flattened maps for units and their rows of the head (N x inputs).

        No rectifier asks what the photograph was, so each unit is worked out once.
        """
        units = unit.tolist()
        new = {one: place for place, one in enumerate(units) if one not in self._deconvnet}
        if new:
            signal = rows[list(new.values())]
            for operation in reversed(self.operations[self.flat + 1 : self.head]):
                signal = operation.back(signal, None, "deconv")
            self._deconvnet.update(zip(new, signal, strict=True))
        return torch.stack([self._deconvnet[one] for one in units])


class PlannedPass:
    """One batch that went through, with what each operation remembers of it."""

    def __init__(self, engine: PlannedEngine, scores: Scores, maps: Tensor, memories: list[Any]) -> None:
        self._engine, self._memories = engine, memories
        self.scores, self.maps = scores, maps

    @torch.no_grad()
    def mean_gradient(self, target_gradient: TargetGradient) -> Tensor:
        """Return the gradient at the maps, averaged over each map (N x C)."""
        columns = None
        if self._engine.rewrites.summed_columns:
            columns = self._engine.summed_columns(self.maps.shape[1])
        if columns is None:
            return self.map_gradient(target_gradient).mean(dim=(2, 3))
        first_linear = self._engine.flat + 1
        return self._back(target_gradient, "standard", first_linear + 1) @ columns / self.maps[0, 0].numel()

    @torch.no_grad()
    def map_gradient(self, target_gradient: TargetGradient) -> Tensor:
        """Return the gradient at the maps (N x C x h x w)."""
        return self._back(target_gradient, "standard", self._engine.layer)

    @torch.no_grad()
    def photograph_gradient(self, target_gradient: TargetGradient, rule: Rule) -> Tensor:
        """Return the gradient at the photographs by a rule (N x H x W or N x 3 x H x W)."""
        return self._back(target_gradient, rule, 0)

    def _back(self, target_gradient: TargetGradient, rule: Rule, stop: int) -> Tensor:
        """Take a gradient back, from the features to what went into the operation at a place."""
        engine, gradient, unit = self._engine, target_gradient.gradient, target_gradient.unit
        place = engine.head if target_gradient.at == "head_input" else engine.penultimate
        if rule == "deconv" and unit is not None and engine.rewrites.cached_deconvnet:
            place, gradient = engine.flat + 1, engine.deconvnet_at_maps(unit, gradient)
        else:
            gradient = gradient.clone()  # operations may overwrite what they are given
        for at in reversed(range(stop, place)):
            gradient = engine.operations[at].back(gradient, self._memories[at], rule)
        return gradient
