"""Chooses an engine by looking at the network, and keeps it up to date with it."""

import logging
from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from coin_xai.attribution.engines.autograd import AutogradEngine
from coin_xai.attribution.engines.engine import Engine, EngineName, Needs, TargetGradient
from coin_xai.attribution.engines.planned.engine import PlannedEngine
from coin_xai.attribution.engines.planned.planner import describe
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.attribution.engines.planned.tracing import RefusalError
from coin_xai.attribution.engines.private_copy import PrivateCopy
from coin_xai.attribution.inputs import check_pixels
from coin_xai.errors import NetworkError

log = logging.getLogger(__name__)

EngineWish = Literal["automatic", "planned", "autograd"]

CHECKED = 2  # photographs that a new plan is checked with
# Share of the norm. Rounding may flip a rectifier, which moves a gradient by a little; a misread network is
# wrong altogether.
TOLERANCE = 0.05
SAMPLED = 64  # entries of each weight that are looked at before every batch


class EngineChoice:
    """The engine for a network as it is now.

    Attributes:
        copy: the private copy that engines work on.
        engine: the one to use; call `refresh` first.
        name: of the engine.
        reason: why it is not the planned one; empty if it is.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        layer: str,
        wish: EngineWish,
        rewrites: Rewrites,
    ) -> None:
        self._network, self._layer, self._wish, self._rewrites = network, layer, wish, rewrites
        self.copy = PrivateCopy(network)
        self._planned_for: tuple[int, ...] | None = None
        self._entries: Tensor
        self.engine: Engine
        self.name: EngineName
        self.reason: str

    def refresh(self, photographs: Tensor) -> None:
        """Copy and plan anew what is known to have changed since the last call.

        Args:
            photographs: N x 3 x H x W; a new plan is checked with the first two.

        Raises:
            NetworkError: the planned engine was wished for, and this network cannot be planned.
            OptionError: photographs are not finite; nothing can be checked with them.
        """
        if not self.copy.is_current(self._network):
            self.copy, self._planned_for = PrivateCopy(self._network), None
        changes = _changes(self.copy.network)
        if self._planned_for != changes:
            check_pixels(photographs)
            self._plan(photographs[:CHECKED])
            self._planned_for, self._entries = changes, _entries(self.copy.network)

    def is_outdated(self) -> Tensor:
        """Return whether weights have changed behind PyTorch's back: a truth on the device; reading it waits.

        It counts changes in place, but not those through `.data`: for these some entries are compared.
        """
        return (_entries(self.copy.network) != self._entries).any()

    def forget(self) -> None:
        """Have the next call of `refresh` plan anew."""
        self._planned_for = None

    def _plan(self, photographs: Tensor) -> None:
        autograd = AutogradEngine(self.copy, layer=self._layer)
        self.engine, self.name, self.reason = autograd, "autograd", "asked for"
        if self._wish == "autograd":
            return
        try:
            description = describe(self.copy.network, layer=self._layer)
            planned = PlannedEngine(description, rewrites=self._rewrites)
            _check(planned, autograd, photographs)
        except RefusalError as refusal:
            if self._wish == "planned":
                raise NetworkError(
                    f"this network cannot be planned: {refusal}. Choose the engine 'automatic'"
                ) from refusal
            self.reason = str(refusal)
            log.info("autograd explains %s: %s", type(self._network).__name__, refusal)
            return
        self.engine, self.name, self.reason = planned, "planned", ""


def _changes(network: nn.Module) -> tuple[int, ...]:
    """Return how often each weight has been changed in place, as PyTorch counts it."""
    tensors = list(_tensors(network))
    if any(tensor.is_inference() for tensor in tensors):
        raise NetworkError(
            f"the weights of {type(network).__name__} were made in torch.inference_mode, where nothing can "
            "be differentiated: build and load the network outside of it"
        )
    return tuple(tensor._version for tensor in tensors)


def _entries(network: nn.Module) -> Tensor:
    """Return some entries of every weight (n), where the network is; nobody waits for it."""
    return torch.cat(
        [
            tensor.detach().flatten()[:: max(1, tensor.numel() // SAMPLED)].double()
            for tensor in _tensors(network)
        ]
    )


def _tensors(network: nn.Module) -> Iterator[Tensor]:
    yield from network.parameters()
    yield from network.buffers()


def _check(planned: Engine, autograd: Engine, photographs: Tensor) -> None:
    """Make sure that both engines say the same, whatever the planner may have overlooked."""
    needs = Needs(maps=True, map_gradients=True, rules=("standard",))
    one, other = planned.forward(photographs, needs), autograd.forward(photographs, needs)
    unit = other.scores.logits.argmax(dim=1)
    target_gradient = TargetGradient(value=unit, gradient=other.scores.head_weight[unit], at="head_input")
    pairs = {
        "logits": (one.scores.logits, other.scores.logits),
        "features": (one.scores.penultimate, other.scores.penultimate),
        "maps": (one.maps, other.maps),
        "gradient at the maps": (one.mean_gradient(target_gradient), other.mean_gradient(target_gradient)),
        "gradient at the photograph": (
            _colours(one.photograph_gradient(target_gradient, "standard")),
            _colours(other.photograph_gradient(target_gradient, "standard")),
        ),
    }
    for name, (found, expected) in pairs.items():
        if not (found - expected).norm() <= TOLERANCE * expected.norm():
            raise RefusalError(f"the plan and autograd give different {name}")


def _colours(gradient: Tensor) -> Tensor:
    return gradient if gradient.ndim == 4 else gradient[:, None].expand(-1, 3, -1, -1)
