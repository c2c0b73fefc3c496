"""What an explanation costs: an engine for benchmarks beside peers, and an ablation of its rewrites.

    python benchmarks/attribution.py [--network alexnet] [--batch 32] [--rounds 5] [--task trio] [--ablate]

prints processor milliseconds for one batch on one thread: of the bare convolutions and linear layers that
the task needs, of the engine that the network gets, of autograd, and of Captum; on demand also of the planned
engine with each rewrite left out in turn, and with none. All are run in each round, in random order; ratios
are medians over the rounds.

`make_engine` is what benchmarks against other libraries ask of an engine.
"""

import argparse
import random
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.attribution import Attributor, Method
from coin_xai.attribution.engines.planned.rewrites import Rewrites
from coin_xai.common.memory import keep_freed_memory
from coin_xai.networks import build

TASKS: dict[str, tuple[Method, ...]] = {
    "grad_cam": ("grad_cam",),
    "guided": ("guided_backpropagation",),
    "trio": ("grad_cam", "guided_backpropagation", "guided_grad_cam"),
    "six": ("grad_cam", "gradient", "deconvnet", "guided_backpropagation", "guided_grad_cam"),
}
CLASSES = 80

Run = Callable[[], object]


def make_engine(model: nn.Module, target_layer: str, *, kind: str = "automatic") -> "BenchmarkEngine":
    """Return the engine under the names that benchmarks use; `kind` may ask for one of our two."""
    keep_freed_memory()  # as runs do; peers in the same process gain by it, too
    return BenchmarkEngine(model, target_layer, kind)


class BenchmarkEngine:
    """Maps as peers give them: enlarged to the photograph, gradients with three channels."""

    def __init__(self, model: nn.Module, target_layer: str, kind: Any) -> None:
        self._attributor = Attributor(model, layer=target_layer, engine=kind)

    def gradcam(self, x: Tensor, y: Tensor) -> Tensor:
        """Return Grad-CAM, N x H x W, from 0 to 1."""
        return self._named(x, y, "grad_cam")["gradcam"]

    def guided(self, x: Tensor, y: Tensor) -> Tensor:
        """Return guided backpropagation, N x 3 x H x W, raw."""
        return self._named(x, y, "guided")["guided"]

    def three(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return Grad-CAM, guided backpropagation and their product."""
        return self._named(x, y, "trio")

    def six(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the three, gradient backpropagation and DeconvNet."""
        return self._named(x, y, "six")

    def _named(self, x: Tensor, y: Tensor, task: str) -> dict[str, Tensor]:
        found = self._attributor.attribute(x, y, methods=TASKS[task])
        names = {"guided_backpropagation": "guided", "gradient": "gradient", "deconvnet": "deconv"}
        named = {names[method]: colours(gradient) for method, gradient in found.gradients.items()}
        if "grad_cam" in found.maps:
            # What Captum's users do; the pictures of coin-xai are made later, without the network.
            positive = found.maps["grad_cam"].clamp(min=0)[:, None]
            named["gradcam"] = F.interpolate(positive, size=x.shape[2:], mode="bilinear")[:, 0]
        if "gradcam" in named and "guided" in named:
            named["guided_gradcam"] = named["guided"] * named["gradcam"][:, None]
        return named


def colours(gradient: Tensor) -> Tensor:
    """Return three channels of a gradient; equal ones are one channel seen three times."""
    return gradient if gradient.ndim == 4 else gradient[:, None].expand(-1, 3, -1, -1)


def bare(network: nn.Module, batch: int, task: str) -> Run:
    """Return the convolutions and linear layers that a task cannot do without, and nothing between them.

    Gradients of convolutions are convolutions with as many sums; all go by the library's best layout.
    """
    calls: list[tuple[Callable[[], object], int]] = []
    gradients = {"grad_cam": 0, "guided": 1, "trio": 1, "six": 3}[task]

    def hook(module: nn.Module, inputs: tuple[Tensor, ...], _output: Tensor) -> None:
        weight = module.weight
        assert isinstance(weight, Tensor)
        if isinstance(module, nn.Linear):
            calls.append((lambda: F.linear(inputs[0], weight), 1 + min(gradients, 2)))
        elif weight.shape[1] > 1 and weight.shape[2] > 1:  # the front is no convolution that is needed
            kernels = weight.detach().contiguous(memory_format=torch.channels_last)
            options: Any = (None, module.stride, module.padding, module.dilation, module.groups)
            calls.append((lambda: F.conv2d(inputs[0], kernels, *options), 1 + gradients))

    hooks = [
        module.register_forward_hook(hook)
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    with torch.no_grad():
        network.eval()(photographs_for(network, batch).contiguous(memory_format=torch.channels_last))
    for one in hooks:
        one.remove()

    def run() -> None:
        with torch.no_grad():
            for call, times in calls:
                for _ in range(times):
                    call()

    return run


def by_captum(network: nn.Module, layer: str, photographs: Tensor, units: Tensor, task: str) -> Run:
    """Return the same task for Captum, which goes forward once for each map."""
    # Here, because other benchmarks take the engine from this file and need no Captum.
    from captum.attr import Deconvolution, GuidedBackprop, LayerGradCam, Saliency

    explainers: dict[Method, Any] = {
        "grad_cam": LayerGradCam(network, network.get_submodule(layer)),
        "guided_backpropagation": GuidedBackprop(network),
        "gradient": Saliency(network),
        "deconvnet": Deconvolution(network),
    }

    def run() -> None:
        for method in TASKS[task]:
            if method in explainers:  # the product costs nothing
                explainers[method].attribute(photographs, units)

    return run


def photographs_for(network: Any, batch: int) -> Tensor:
    """Return photographs of noise as large as a network expects them."""
    side = network.input_size_px
    return torch.randn(batch, 3, side, side)


def contestants(name: Any, batch: int, task: str, *, ablate: bool) -> dict[str, Callable[[], Run]]:
    """Return what is to be timed, by its name: how to make each, since together they fill the memory."""
    network = build(name, k=CLASSES, generator=torch.Generator().manual_seed(1)).eval()
    photographs = photographs_for(network, batch)
    units = torch.arange(batch) % CLASSES
    layer = network.attribution_layer
    first = Attributor(network, layer=layer).attribute(photographs, units, methods=TASKS[task]).provenance
    print(f"engine: {first.engine} {first.engine_reason}")

    def ours(engine: Any = "automatic", left_out: Sequence[str] = ()) -> Run:
        rewrites = Rewrites(**dict.fromkeys(left_out, False))
        attributor = Attributor(network, layer=layer, engine=engine, rewrites=rewrites)
        return lambda: attributor.attribute(photographs, units, methods=TASKS[task])

    makers: dict[str, Callable[[], Run]] = {
        "ours": ours,
        "bare sums": lambda: bare(network, batch, task),
        "Captum": lambda: by_captum(network, layer, photographs, units, task),
    }
    if first.engine == "planned":
        switches = [field.name for field in fields(Rewrites)]
        left_out = {f"without {switch}": [switch] for switch in switches} | {"without any": switches}
        makers["autograd"] = partial(ours, "autograd")
        makers |= {label: partial(ours, left_out=out) for label, out in left_out.items() if ablate}
    return makers


def main() -> None:
    """Time everything in interleaved rounds, and print medians."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--network", default="alexnet", help="alexnet, vgg16, resnet18 or resnet50")
    parser.add_argument("--batch", type=int, default=32, help="photographs at once")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is timed")
    parser.add_argument("--task", default="trio", choices=TASKS, help="which maps")
    parser.add_argument("--ablate", action="store_true", help="leave out each rewrite in turn")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", module="captum")
    torch.set_num_threads(1)
    keep_freed_memory()
    makers = contestants(arguments.network, arguments.batch, arguments.task, ablate=arguments.ablate)
    seconds: dict[str, list[float]] = {label: [] for label in makers}
    for _ in range(arguments.rounds):
        for label in random.sample(list(makers), len(makers)):
            run = makers[label]()
            run()  # plans, packs and allocates
            started = time.process_time()
            run()
            seconds[label].append(time.process_time() - started)
    for label, found in seconds.items():
        ratios = [one / all_ for one, all_ in zip(found, seconds["ours"], strict=True)]
        print(f"{label:32s} {statistics.median(found) * 1e3:8.0f} ms  {statistics.median(ratios):5.2f} x")


if __name__ == "__main__":
    main()
