"""Do the maps depend on what the network has learnt? Two tests that a useful method must not pass unmoved.

Cascading parameter randomisation (Adebayo et al. 2018, arXiv 1810.03292) draws the weights anew, layer by
layer from the head down: maps of a network that knows nothing must no longer look like those of the trained
one. The random-cluster test (Sixt et al. 2020, arXiv 1912.09818, for logits) asks for another cluster of the
same coin: maps that do not change cannot say why the coin is in its own.

A high similarity speaks against the method, not against the network.
"""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy.stats import rankdata
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.attribution import Attributions, Attributor, Method
from coin_xai.attribution.formulas.grad_cam import guided_grad_cam
from coin_xai.attribution.formulas.gradients import saliency
from coin_xai.attribution.methods import GRADIENT_METHODS, MAP_METHODS
from coin_xai.errors import OptionError
from coin_xai.networks import Sobel
from coin_xai.networks.seen_cells import SeenCells

SANITY_METHODS: tuple[Method, ...] = (
    "grad_cam",
    "hires_cam",
    "layer_cam",
    "grad_cam_plus_plus",
    "finer_cam",
    "fem",
    "gradient",
    "deconvnet",
    "guided_backpropagation",
    "guided_grad_cam",
)
"""All that are defined on every network."""

COMPARED_SIDE_PX = 56
"""Gradients are compared at this size: single pixels are noise, and the strokes of a coin are wider."""

BLOCK = 16
"""Coins at once; a gradient through a pretrained front keeps some 80 MB a coin."""

Test = Literal["randomised", "other cluster"]


def sanity(
    network: nn.Module,
    photographs: Tensor,
    class_index: Tensor,
    *,
    layer: str,
    units: int,
    generator: torch.Generator,
    methods: Sequence[Method] = SANITY_METHODS,
    advance: Callable[[int], None] = lambda _: None,
) -> pd.DataFrame:
    """Compare the maps of some coins with those of networks that know less and less, and of other clusters.

    Args:
        network: the trained one; it is not touched.
        photographs: normalised, N x 3 x H x W.
        class_index: unit of the head of each (N).
        layer: whose maps the methods weigh.
        units: how many the head has.
        generator: source of the random weights and clusters, on the CPU.
        methods: which to test.
        advance: called with 1 after each of the networks and after the other clusters.

    Returns:
        One row per test, layer, method and coin: `test`, `depth` (how many layers are random), `layer` (the
        lowest random one), `method`, `coin` (position), `rank_correlation` and `correlation` of the sizes of
        the maps. A coin of which one of the two maps is empty has null.

    Raises:
        OptionError: the head has a single unit, so there is no other cluster.
    """
    if units < 2:
        raise OptionError("the head has one unit, so there is no other cluster; train with a larger k")
    shown = _pictures(network, photographs, class_index, layer, methods)
    rows: list[dict[str, object]] = []
    for depth, (name, random) in enumerate(cascade(network, generator), start=1):
        after = _pictures(random, photographs, class_index, layer, methods)
        rows += _compare(shown, after, "randomised", depth, name)
        advance(1)
    others = _other_units(class_index, units, generator)
    after = _pictures(network, photographs, others, layer, methods)
    rows += _compare(shown, after, "other cluster", 0, "")
    advance(1)
    return pd.DataFrame(rows)


def verdicts(table: pd.DataFrame) -> pd.DataFrame:
    """Condense `sanity` to one row a method: mean rank correlation after each test, most sensitive first.

    Returns:
        `method`, `head_randomised`, `all_randomised`, `other_cluster`.
    """
    depth = table["depth"]
    columns = {
        "head_randomised": table[depth == 1],
        "all_randomised": table[depth == depth.max()],
        "other_cluster": table[table["test"] == "other cluster"],
    }
    means = {name: rows.groupby("method")["rank_correlation"].mean() for name, rows in columns.items()}
    return pd.DataFrame(means).sort_values("all_randomised", kind="stable").reset_index(names="method")


def cascade(network: nn.Module, generator: torch.Generator) -> Iterator[tuple[str, nn.Module]]:
    """Yield a copy of a network with its learnt layers drawn anew, one more each time, from the head down.

    It is one copy, which changes when the next is asked for.

    Weights are drawn from a normal distribution with the mean and deviation of the layer's own, so that the
    scale of the signals stays. Fronts, which learnt nothing from coins, and batch normalisation stay.
    """
    random = copy.deepcopy(network).eval()
    fronts = [module for module in random.modules() if isinstance(module, Sobel | SeenCells)]
    fixed = {inner for front in fronts for inner in front.modules()}
    learnt = [
        (name, module)
        for name, module in random.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and module not in fixed
    ]
    for name, module in reversed(learnt):
        for weight in (module.weight, module.bias):
            if weight is not None:
                _draw_anew(weight, generator)
        yield name, random


def _draw_anew(weight: Tensor, generator: torch.Generator) -> None:
    with torch.no_grad():
        drawn = torch.randn(weight.shape, generator=generator, dtype=weight.dtype)
        spread = weight.std(correction=0).cpu()
        weight.copy_(weight.mean().cpu() + spread * drawn)


def _other_units(class_index: Tensor, units: int, generator: torch.Generator) -> Tensor:
    steps = torch.randint(1, units, class_index.shape, generator=generator)
    return (class_index + steps.to(class_index.device)) % units


def _pictures(
    network: nn.Module, photographs: Tensor, class_index: Tensor, layer: str, methods: Sequence[Method]
) -> dict[Method, npt.NDArray[np.float64]]:
    """Return what each method shows, as sizes (N x pixels): positive evidence, or size of a gradient."""
    attributor, shown = Attributor(network, layer=layer), {method: list[Tensor]() for method in methods}
    for some, units in zip(torch.split(photographs, BLOCK), torch.split(class_index, BLOCK), strict=True):
        attributions = attributor.attribute(some, units, methods=methods)
        for method in methods:
            if method in MAP_METHODS:
                shown[method].append(attributions.maps[method].clamp(min=0))
                continue
            saliencies = [saliency(gradient) for gradient in _gradients(attributions, method)]
            sizes = torch.from_numpy(np.stack(saliencies))
            shown[method].append(F.adaptive_avg_pool2d(sizes[:, None], COMPARED_SIDE_PX)[:, 0])
    return {method: torch.cat(parts).flatten(1).double().cpu().numpy() for method, parts in shown.items()}


def _gradients(attributions: Attributions, method: Method) -> Iterator[npt.NDArray[np.floating]]:
    """Yield the gradient of each coin, or the product that Guided Grad-CAM is."""
    if method in GRADIENT_METHODS:
        yield from attributions.gradients[method].cpu().numpy()
        return
    factors = (attributions.gradients["guided_backpropagation"], attributions.maps["grad_cam"])
    for guided, cam in zip(*(factor.cpu().numpy() for factor in factors), strict=True):
        yield guided_grad_cam(guided, cam)


def _compare(
    before: dict[Method, npt.NDArray[np.float64]],
    after: dict[Method, npt.NDArray[np.float64]],
    test: Test,
    depth: int,
    layer: str,
) -> Iterator[dict[str, object]]:
    for method, first in before.items():
        second = after[method]
        ranks = _correlation(rankdata(first, axis=1), rankdata(second, axis=1))
        plain = _correlation(first, second)
        for coin, (rank, value) in enumerate(zip(ranks, plain, strict=True)):
            yield {
                "test": test,
                "depth": depth,
                "layer": layer,
                "method": method,
                "coin": coin,
                "rank_correlation": rank,
                "correlation": value,
            }


def _correlation(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the correlation of each pair of rows (N); NaN where a row is the same everywhere."""
    first = first - first.mean(axis=1, keepdims=True)
    second = second - second.mean(axis=1, keepdims=True)
    lengths = np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    products = (first * second).sum(axis=1)
    correlations: npt.NDArray[np.float64] = np.full(len(first), np.nan)
    np.divide(products, lengths, out=correlations, where=lengths > 0)
    return correlations
