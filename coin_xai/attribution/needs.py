"""What a forward pass must keep for the methods that are asked for."""

from collections.abc import Sequence

from coin_xai.attribution.engines.engine import Needs
from coin_xai.attribution.methods import RULES, Method, gradients_wanted, maps_wanted


def needs_of(methods: Sequence[Method]) -> Needs:
    """Return what a forward pass must keep for these methods."""
    maps = maps_wanted(methods)
    return Needs(
        maps=bool(maps),
        map_gradients=bool({*maps} - {"cam", "fem"}),
        rules=tuple(RULES[method] for method in gradients_wanted(methods)),
    )
