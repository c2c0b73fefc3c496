"""The face of both engines: one forward pass that can be asked for gradients, as often as there are methods.

A target (`targets.py`) turns the scores of a forward pass into a value per photograph and the gradient of
that value at the features. From there an engine takes the gradient back, to the maps of the layer or to
the photograph. Formulas (`grad_cam.py` and others) turn maps and gradients into explanations.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

from coin_xai.attribution.engines.rectifiers import Rule

EngineName = Literal["planned", "autograd"]


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a forward pass must keep.

    Attributes:
        maps: whether the maps of the layer are wanted.
        map_gradients: whether gradients with respect to them will be asked for.
        rules: by which rules gradients of the photograph will be asked for.
    """

    maps: bool
    map_gradients: bool
    rules: tuple[Rule, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """What a network says about N photographs, from the last features on.

    Attributes:
        logits: N x k.
        penultimate: features before the last rectifier, which DeepCluster clusters (N x d, signed).
        head_input: the same after it, which the head weighs (N x d); where no rectifier stands between
            them, the same tensor.
        head_weight: of the last linear layer (k x d).
    """

    logits: Tensor
    penultimate: Tensor
    head_input: Tensor
    head_weight: Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class TargetGradient:
    """A target's value and its gradient at the features: where the way back begins.

    Attributes:
        value: of the target (N).
        gradient: of the value with respect to the features (N x d).
        at: which features, those that the head weighs or those before the last rectifier.
        unit: the units (N, int64) whose rows of the head the gradient is, if it is such rows; what is
            derived from a unit alone can then be kept for all photographs.
    """

    value: Tensor
    gradient: Tensor
    at: Literal["head_input", "penultimate"]
    unit: Tensor | None = None


class ForwardPass(Protocol):
    """One batch that went through a network, and the ways back through it."""

    @property
    def scores(self) -> Scores:
        """What the network says about the photographs."""

    @property
    def maps(self) -> Tensor:
        """Output of the layer (N x C x h x w), if it was needed."""

    def mean_gradient(self, target_gradient: TargetGradient) -> Tensor:
        """Return the gradient at the maps, averaged over each map (N x C)."""

    def map_gradient(self, target_gradient: TargetGradient) -> Tensor:
        """Return the gradient at the maps (N x C x h x w)."""

    def photograph_gradient(self, target_gradient: TargetGradient, rule: Rule) -> Tensor:
        """Return the gradient at the photographs by a rule of the needs.

        It has one channel (N x H x W) if the network sees grey only through a Sobel front, so that red,
        green and blue are equal bit for bit, otherwise three (N x 3 x H x W).
        """


class Engine(Protocol):
    """Takes batches forward through one network."""

    def forward(self, photographs: Tensor, needs: Needs) -> ForwardPass:
        """Show photographs (N x 3 x H x W) to the network."""
