"""One forward pass, as many backward passes as methods: exact attributions of any network of modules."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from coin_xai.attribution.grad_cam import signed_cam
from coin_xai.attribution.inputs import (
    check_class_index,
    check_logits,
    check_methods,
    check_photographs,
    find_layer,
)
from coin_xai.attribution.private_copy import PrivateCopy
from coin_xai.attribution.rectifiers import refuse_foreign_rectifiers
from coin_xai.attribution.result import Attributions, Method, Provenance
from coin_xai.errors import NetworkError
from coin_xai.networks.sobel import Sobel


class Attributor:
    """Explains the decisions of one network, batch by batch, without ever touching it.

    It works on a private copy that shares the weights, so every call explains the network as it is at
    that moment; a network that was rebuilt or moved in between is copied anew. Hooks of the network are
    not run. Dropout is off and batch normalisation uses its running statistics, whatever the mode of the
    network, and autocast is off. Calls from several threads take turns.
    """

    def __init__(self, network: nn.Module, *, layer: str) -> None:
        """Prepare a network to be explained.

        Args:
            network: maps N x 3 x H x W to logits, N x k.
            layer: dotted name of the module whose output Grad-CAM weighs, usually the rectified output
                of the last convolution.

        Raises:
            NetworkError: there is no such layer, or the network cannot be copied.
        """
        self._network = network
        self._layer = layer
        self._copy = PrivateCopy(network)
        self._turn = threading.Lock()
        find_layer(self._copy.network, layer)

    def attribute(
        self, photographs: Tensor, class_index: Tensor, *, methods: Sequence[Method]
    ) -> Attributions:
        """Say why each photograph would be given its class.

        Args:
            photographs: normalised, N x 3 x H x W, float32 or float64 like the network, in any memory
                layout.
            class_index: the unit of the head to explain for each photograph, N, int64.
            methods: some of METHODS.

        Raises:
            OptionError: photographs, classes or methods are not as described.
            NetworkError: the layer gives no maps, or a method is not defined for this network.
        """
        wanted = check_methods(methods)
        with self._turn:
            if not self._copy.is_current(self._network):
                self._copy = PrivateCopy(self._network)
            check_photographs(photographs, self._copy.network)
            check_class_index(class_index, photographs)
            # Inference mode switched off is gradients switched on, also within a caller's no_grad.
            with torch.inference_mode(False), torch.autocast(photographs.device.type, enabled=False):
                # A tensor born in inference mode cannot take part in autograd; a clone can.
                shown = photographs.clone() if photographs.is_inference() else photographs.detach()
                return self._explain(shown, class_index.to(shown.device, copy=True), wanted)

    def _explain(self, photographs: Tensor, class_index: Tensor, methods: tuple[Method, ...]) -> Attributions:
        network, switch = self._copy.network, self._copy.switch
        cam_wanted = "grad_cam" in methods or "guided_grad_cam" in methods
        guided_wanted = "guided_backpropagation" in methods or "guided_grad_cam" in methods

        # Without guided backpropagation the graph begins at the layer: nothing before it needs one.
        photographs.requires_grad_(guided_wanted)
        with _capture(find_layer(network, self._layer)) as captured:
            logits = check_logits(_forward(network, photographs), class_index)
        maps = _only_maps(captured, self._layer) if cam_wanted else None
        logit = logits.gather(1, class_index[:, None])[:, 0]
        # A coin's logit depends on its own photograph alone, so one pass of the sum serves them all.
        total = logit.sum()
        if guided_wanted:
            refuse_foreign_rectifiers(total, "guided")

        cam = guided = None
        if maps is not None:
            gradient = _gradient(total, maps, f"layer '{self._layer}'", retain_graph=guided_wanted)
            cam = signed_cam(maps.detach(), gradient)
        if guided_wanted:
            with switch.follow("guided"):
                guided = _gradient(total, photographs, "photograph", retain_graph=False)
            if _sees_grey_only(network, guided):
                guided = guided[:, 0].clone()  # a view would keep all three channels in memory

        scores = logits.detach()
        others = scores.scatter(1, class_index[:, None], -torch.inf)
        runner_up_logit, runner_up = others.max(dim=1)
        positive = None if cam is None else cam.clamp(min=0).amax(dim=(1, 2))
        return Attributions(
            class_index=class_index,
            logit=logit.detach(),
            runner_up=runner_up.masked_fill(runner_up_logit.isneginf(), -1),
            runner_up_logit=runner_up_logit,
            argmax=scores.argmax(dim=1),
            cam=cam,
            cam_maximum=positive,
            no_positive_evidence=None if positive is None else positive == 0,
            guided=guided,
            provenance=Provenance(
                layer=self._layer,
                methods=methods,
                dtype=str(photographs.dtype).removeprefix("torch."),
                device=str(photographs.device),
                torch_version=torch.__version__,
            ),
        )


@contextmanager
def _capture(layer: nn.Module) -> Iterator[list[object]]:
    """Collect what a module puts out, and hand a clone on: what follows may work in place."""
    captured: list[object] = []

    def keep(_module: nn.Module, _inputs: tuple[Any, ...], output: object) -> Tensor | None:
        if not isinstance(output, Tensor):
            captured.append(output)
            return None
        maps = output.clone() if output.requires_grad else output.detach().clone().requires_grad_()
        captured.append(maps)
        return maps.clone()

    handle = layer.register_forward_hook(keep)
    try:
        yield captured
    finally:
        handle.remove()


def _forward(network: nn.Module, photographs: Tensor) -> object:
    try:
        # The network gets a clone of the leaf, because its first module may work in place; and channels
        # last, because convolutions and pools are fastest so, and no result can then depend on the layout.
        return network(photographs.clone(memory_format=torch.channels_last))
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:
        side = getattr(network, "input_size_px", None)
        expected = f" (it expects {side} x {side} pixels)" if side else ""
        raise NetworkError(
            f"the network cannot take photographs of shape {tuple(photographs.shape)}{expected}: {error}"
        ) from error


def _only_maps(captured: list[object], layer: str) -> Tensor:
    if len(captured) != 1:
        raise NetworkError(
            f"layer '{layer}' is used {len(captured)} times in a forward pass: choose one that is used once"
        )
    maps = captured[0]
    if not isinstance(maps, Tensor) or maps.ndim != 4:
        shape = tuple(maps.shape) if isinstance(maps, Tensor) else type(maps).__name__
        raise NetworkError(
            f"layer '{layer}' puts out {shape}, not maps (N x C x h x w): choose a convolutional layer"
        )
    return maps


def _gradient(total: Tensor, at: Tensor, name: str, *, retain_graph: bool) -> Tensor:
    gradient = None
    if total.requires_grad:
        (gradient,) = torch.autograd.grad(total, at, retain_graph=retain_graph, allow_unused=True)
    if gradient is None:
        raise NetworkError(f"the logits do not depend on the {name}: choose another layer")
    return gradient


def _sees_grey_only(network: nn.Module, gradient: Tensor) -> bool:
    """Whether there is a Sobel front and nothing beside it through which colours get in."""
    return any(isinstance(module, Sobel) for module in network.modules()) and (
        torch.equal(gradient[:, 0], gradient[:, 1]) and torch.equal(gradient[:, 0], gradient[:, 2])
    )
