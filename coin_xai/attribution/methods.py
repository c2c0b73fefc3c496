"""Which methods there are, and what each needs to know from a network.

A map of a layer says where, on the layer's own grid; a gradient of the photograph says which pixels.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from coin_xai.errors import OptionError

if TYPE_CHECKING:
    from coin_xai.attribution.engines.rectifiers import Rule

MapMethod = Literal[
    "grad_cam", "hires_cam", "layer_cam", "grad_cam_plus_plus", "finer_cam", "cam", "fem"
]  # fmt: skip
GradientMethod = Literal["gradient", "deconvnet", "guided_backpropagation"]
Method = Literal[MapMethod, GradientMethod, "guided_grad_cam"]
ShownMethod = Literal[Method, "match"]
"""Those of a network, and `match`, which explains the clustering itself (`coin_xai.matching.match_maps`)."""

MAP_METHODS: tuple[MapMethod, ...] = get_args(MapMethod)
GRADIENT_METHODS: tuple[GradientMethod, ...] = get_args(GradientMethod)
HEAT_METHODS: tuple[MapMethod | Literal["match"], ...] = (*MAP_METHODS, "match")
"""Whose pictures are heat over a photograph."""
ALL_METHODS: tuple[Method, ...] = (*MAP_METHODS, *GRADIENT_METHODS, "guided_grad_cam")
METHODS: tuple[Method, ...] = ("grad_cam", "guided_backpropagation", "guided_grad_cam")
"""The three that every run shows: defined on every network, and what the publications print."""
LEADING: tuple[MapMethod, ...] = ("hires_cam", "grad_cam")
"""Of the maps that there are, the first of these is what a page is about."""

RULES: dict[GradientMethod, Rule] = {
    "gradient": "standard",
    "deconvnet": "deconv",
    "guided_backpropagation": "guided",
}
# Weighing every pixel of a map by its own gradient takes more than the mean of that gradient.
ELEMENT_WISE: tuple[MapMethod, ...] = ("hires_cam", "layer_cam", "grad_cam_plus_plus")


def leading(methods: Collection[str]) -> MapMethod:
    """Return the method whose maps a page is about, among those that there are."""
    return next(method for method in LEADING if method in methods)


def check_methods(methods: Sequence[Method]) -> tuple[Method, ...]:
    """Return the methods without repetition, in the order of ALL_METHODS.

    Raises:
        OptionError: there are none, or one is not known.
    """
    if isinstance(methods, str):
        raise OptionError(f"methods is the text {methods!r}: pass a list of method names")
    unknown = [method for method in methods if method not in ALL_METHODS]
    if unknown or not methods:
        raise OptionError(f"methods is {list(methods)}: choose one or more of {', '.join(ALL_METHODS)}")
    return tuple(method for method in ALL_METHODS if method in methods)


def maps_wanted(methods: Sequence[Method]) -> tuple[MapMethod, ...]:
    """Return the maps to compute; Guided Grad-CAM is a product, and asks for both its factors."""
    asked = {*methods, "grad_cam"} if "guided_grad_cam" in methods else {*methods}
    return tuple(method for method in MAP_METHODS if method in asked)


def gradients_wanted(methods: Sequence[Method]) -> tuple[GradientMethod, ...]:
    """Return the gradients of the photograph to compute."""
    asked = {*methods, "guided_backpropagation"} if "guided_grad_cam" in methods else {*methods}
    return tuple(method for method in GRADIENT_METHODS if method in asked)
