"""The engine for any network of modules: one forward pass, and the ways back that PyTorch recorded."""

import torch
from torch import Tensor, nn

from coin_xai.attribution.engines.captures import captured_ends, captured_layer, only_maps
from coin_xai.attribution.engines.engine import Needs, Scores, TargetGradient
from coin_xai.attribution.engines.private_copy import PrivateCopy
from coin_xai.attribution.engines.rectifiers import Rule, refuse_foreign_rectifiers
from coin_xai.attribution.inputs import check_logits
from coin_xai.errors import NetworkError
from coin_xai.networks.oriented_cells import OrientedCells
from coin_xai.networks.seen_cells import SeenCells
from coin_xai.networks.sobel import Sobel


class AutogradEngine:
    """Explains a private copy of a network through the graph of operations of each forward pass."""

    def __init__(self, copy: PrivateCopy, *, layer: str) -> None:
        self._copy = copy
        self._layer = layer
        # Convolutions and pools are quickest so.
        self._layout = torch.channels_last

    def forward(self, photographs: Tensor, needs: Needs) -> "RecordedPass":
        """Show photographs (N x 3 x H x W, not inference tensors) to the network.

        Raises:
            NetworkError: the layer gives no maps, the network does not end in a linear layer, or a rule does
                not reach all of its rectifiers.
        """
        shown = photographs.detach()
        # Without rules the graph begins at the layer: nothing before it needs one.
        shown.requires_grad_(bool(needs.rules))
        with torch.enable_grad(), captured_layer(self._copy.network, self._layer) as captured:
            with captured_ends(self._copy.network) as ends:
                logits = check_logits(self._show(shown, captured), len(shown))
            head, head_input = ends.head(logits)
        maps = only_maps(captured, self._layer) if needs.maps else None
        for rule in needs.rules:
            if rule != "standard":
                refuse_foreign_rectifiers(head_input, rule)
        return RecordedPass(
            copy=self._copy,
            layer=self._layer,
            photographs=shown,
            captured=maps,
            head_input=head_input,
            penultimate=ends.before_rectifier(head_input),
            logits=logits,
            head_weight=head.weight,
        )

    def _show(self, photographs: Tensor, captured: list[object]) -> object:
        """Run the network on a clone, because its first module may work in place, in a layout of our own."""
        try:
            return self._copy.network(photographs.clone(memory_format=self._layout))
        except RuntimeError as error:
            if self._layout != torch.channels_last or "view size is not compatible" not in str(error):
                raise
        # It flattens by a view, which wants maps one after the other.
        self._layout = torch.contiguous_format
        captured.clear()
        return self._show(photographs, captured)


class RecordedPass:
    """One batch that went through, with the graph of it."""

    def __init__(
        self,
        *,
        copy: PrivateCopy,
        layer: str,
        photographs: Tensor,
        captured: Tensor | None,
        head_input: Tensor,
        penultimate: Tensor,
        logits: Tensor,
        head_weight: Tensor,
    ) -> None:
        self._copy, self._layer, self._photographs, self._captured = copy, layer, photographs, captured
        self._features = {"head_input": head_input, "penultimate": penultimate}
        self.scores = Scores(
            logits=logits.detach(),
            penultimate=penultimate.detach(),
            head_input=head_input.detach(),
            head_weight=head_weight.detach(),
        )

    @property
    def maps(self) -> Tensor:
        """Output of the layer (N x C x h x w)."""
        assert self._captured is not None, "maps were not among the needs"
        return self._captured.detach()

    def mean_gradient(self, target_gradient: TargetGradient) -> Tensor:
        """Return the gradient at the maps, averaged over each map (N x C)."""
        return self.map_gradient(target_gradient).mean(dim=(2, 3))

    def map_gradient(self, target_gradient: TargetGradient) -> Tensor:
        """Return the gradient at the maps (N x C x h x w)."""
        assert self._captured is not None, "maps were not among the needs"
        return self._back(target_gradient, self._captured, f"layer '{self._layer}'")

    def photograph_gradient(self, target_gradient: TargetGradient, rule: Rule) -> Tensor:
        """Return the gradient at the photographs by a rule (N x H x W or N x 3 x H x W)."""
        with self._copy.switch.follow(rule):
            gradient = self._back(target_gradient, self._photographs, "photograph")
        if _sees_grey_only(self._copy.network, gradient):
            return gradient[:, 0].clone()  # a view would keep all three channels in memory
        return gradient

    def _back(self, target_gradient: TargetGradient, at: Tensor, name: str) -> Tensor:
        gradient = None
        features = self._features[target_gradient.at]
        if features.requires_grad:
            # The derivative of this sum is the same to the last digit, and where PyTorch is given a gradient
            # instead, it first imports SymPy: 0.6 s in each process that explains.
            total = (features * target_gradient.gradient.detach()).sum()
            (gradient,) = torch.autograd.grad(total, at, retain_graph=True, allow_unused=True)
        if gradient is None:
            raise NetworkError(f"the logits do not depend on the {name}: choose another layer")
        return gradient


def _sees_grey_only(network: nn.Module, gradient: Tensor) -> bool:
    """Whether there is a grey front and nothing beside it through which colours get in."""
    return any(isinstance(module, Sobel | OrientedCells | SeenCells) for module in network.modules()) and (
        torch.equal(gradient[:, 0], gradient[:, 1]) and torch.equal(gradient[:, 0], gradient[:, 2])
    )
