"""Explains the decisions of one network: checks, an engine, and the formula of each method."""

import threading
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from coin_xai.attribution.batches import Batches
from coin_xai.attribution.engines.engine import ForwardPass, Needs
from coin_xai.attribution.engines.engine_choice import EngineChoice, EngineWish
from coin_xai.attribution.engines.exact_arithmetic import exact_arithmetic
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.attribution.inputs import (
    are_sound,
    check_class_index,
    check_photographs,
    check_pixels,
    check_units,
    find_layer,
    naming_sizes,
)
from coin_xai.attribution.maps import maps_of
from coin_xai.attribution.methods import RULES, Method, check_methods, gradients_wanted, maps_wanted
from coin_xai.attribution.needs import needs_of
from coin_xai.attribution.result import Attributions, Provenance, join
from coin_xai.attribution.targets import Logit, Target, runner_up
from coin_xai.errors import OptionError

LOGIT, ALL_REWRITES = Logit(), Rewrites()


class Attributor:
    """Explains the decisions of one network, batch by batch, without ever touching it.

    It works on a private copy that shares the weights, so every call explains the network as it is at
    that moment; a network that was rebuilt or moved in between is copied anew. Hooks of the network are
    not run. Dropout is off and batch normalisation uses its running statistics, whatever the mode of the
    network, and autocast and TF32 are off. Calls from several threads take turns.
    """

    def __init__(
        self,
        network: nn.Module,
        *,
        layer: str,
        engine: EngineWish = "automatic",
        rewrites: Rewrites = ALL_REWRITES,
    ) -> None:
        """Prepare a network to be explained.

        Args:
            network: maps N x 3 x H x W to logits, N x k; it ends in a linear layer.
            layer: dotted name of the module whose output the maps weigh, usually the rectified output of
                the last convolution.
            engine: which engine computes; automatic takes the planned one for every network it knows.
            rewrites: what the planned engine may do to be quick.

        Raises:
            NetworkError: there is no such layer, or the network cannot be copied.
        """
        self._network = network
        self._layer = layer
        self._choice = EngineChoice(network, layer=layer, wish=engine, rewrites=rewrites)
        self._batches = Batches()
        self._turn = threading.Lock()
        find_layer(self._choice.copy.network, layer)

    def attribute(
        self,
        photographs: Tensor,
        class_index: Tensor,
        *,
        methods: Sequence[Method],
        target: Target = LOGIT,
    ) -> Attributions:
        """Say why each photograph would be given its class, as `attribute_each` does for one target."""
        return self.attribute_each(photographs, class_index, methods=methods, targets=[target])[0]

    def attribute_each(
        self,
        photographs: Tensor,
        class_index: Tensor,
        *,
        methods: Sequence[Method],
        targets: Sequence[Target],
    ) -> list[Attributions]:
        """Say why each photograph would be given its class, for several targets after one pass forward.

        Args:
            photographs: normalised, N x 3 x H x W, float32 or float64 like the network, in any memory
                layout. When memory runs out they are done in halves; results do not depend on that beyond
                rounding.
            class_index: the unit of the head to explain for each photograph, N, int64.
            methods: some of ALL_METHODS.
            targets: what about the unit to explain; one or more.

        Raises:
            OptionError: photographs, classes or methods are not as described.
            NetworkError: the layer gives no maps, or a method is not defined for this network.
        """
        wanted = check_methods(methods)
        for target in targets:
            if "finer_cam" in wanted and not isinstance(target, Logit):
                raise OptionError(
                    f"finer_cam has a target of its own: leave it out, or the target '{target.name}'"
                )
        with self._turn:
            check_photographs(photographs, self._network)
            check_class_index(class_index, photographs)
            class_index = class_index.to(photographs.device, copy=True)
            # Inference mode switched off is gradients switched on, also within a caller's no_grad.
            with (
                torch.inference_mode(False),
                torch.autocast(photographs.device.type, enabled=False),
                exact_arithmetic(),
            ):
                # A tensor born in inference mode cannot take part in autograd; a clone can.
                shown = photographs.clone() if photographs.is_inference() else photographs.detach()
                needs = needs_of(wanted)

                def explain(part: slice) -> list[Attributions]:
                    with naming_sizes(self._network, shown):
                        went = self._forward(shown, class_index, part, needs)
                    return [self._explain(went, class_index[part], wanted, target) for target in targets]

                return [join(parts) for parts in zip(*self._batches.do(len(shown), explain), strict=True)]

    def check(self, methods: Sequence[Method], *, size_px: int) -> None:
        """Make sure that methods are defined for this network, before many photographs are explained.

        Args:
            methods: some of ALL_METHODS.
            size_px: side of the photographs; one of noise is explained.

        Raises:
            OptionError: methods are not as described.
            NetworkError: a method is not defined for this network.
        """
        noise = torch.randn(1, 3, size_px, size_px, generator=torch.Generator().manual_seed(0))
        shown = noise.to(next(self._network.parameters()))
        self.attribute(shown, torch.zeros(1, dtype=torch.int64), methods=methods)

    def _forward(self, photographs: Tensor, class_index: Tensor, part: slice, needs: Needs) -> ForwardPass:
        """Take a part of a batch forward through the network as it is now, and wait once for the device."""
        shown, units = photographs[part], class_index[part]
        self._choice.refresh(shown)
        went = self._choice.engine.forward(shown, needs)
        if not are_sound(shown, units, went.scores.logits) & ~self._choice.is_outdated():
            check_pixels(photographs)
            self._choice.forget()
            self._choice.refresh(shown)
            went = self._choice.engine.forward(shown, needs)
            check_units(units, went.scores.logits, before=part.start)
        return went

    def _explain(
        self, went: ForwardPass, class_index: Tensor, methods: tuple[Method, ...], target: Target
    ) -> Attributions:
        scores = went.scores
        target_gradient = target.gradient(scores, class_index)
        rival, rival_logit = runner_up(scores.logits, class_index)
        maps = maps_of(went, target_gradient, class_index, maps_wanted(methods))
        gradients = {
            method: went.photograph_gradient(target_gradient, RULES[method])
            for method in gradients_wanted(methods)
        }
        return Attributions(
            class_index=class_index,
            value=target_gradient.value,
            logit=scores.logits.gather(1, class_index[:, None])[:, 0],
            runner_up=rival,
            runner_up_logit=rival_logit,
            argmax=scores.logits.argmax(dim=1),
            penultimate=scores.penultimate,
            maps=maps,
            maximum={method: cam.clamp(min=0).amax(dim=(1, 2)) for method, cam in maps.items()},
            gradients=gradients,
            provenance=Provenance(
                network=type(self._network).__name__,
                layer=self._layer,
                target=target.name,
                methods=methods,
                engine=self._choice.name,
                engine_reason=self._choice.reason,
                dtype=str(scores.logits.dtype).removeprefix("torch."),
                device=str(scores.logits.device),
            ),
        )
