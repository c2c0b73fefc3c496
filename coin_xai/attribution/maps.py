"""The formulas of the maps asked for, each with the gradients that it needs and no others."""

from collections.abc import Callable

from torch import Tensor

from coin_xai.attribution.engines.engine import ForwardPass, TargetGradient
from coin_xai.attribution.formulas.cam import class_activation_map
from coin_xai.attribution.formulas.element_wise_cam import grad_cam_plus_plus, hires_cam, layer_cam
from coin_xai.attribution.formulas.fem import fem
from coin_xai.attribution.formulas.grad_cam import signed_cam
from coin_xai.attribution.methods import ELEMENT_WISE, MapMethod
from coin_xai.attribution.targets import Lead

FINER_SHARE = 0.6
"""How much of the rival's logit Finer-CAM takes away, as its authors chose."""


def maps_of(
    went: ForwardPass, target_gradient: TargetGradient, class_index: Tensor, methods: tuple[MapMethod, ...]
) -> dict[MapMethod, Tensor]:
    """Return the signed maps by method (N x h x w each).

    Args:
        went: a batch that went through the network.
        target_gradient: of the target.
        class_index: the unit of each photograph (N).
        methods: which maps.

    Raises:
        NetworkError: CAM is asked for, and not defined for this network.
    """
    if not methods:
        return {}
    maps, scores = went.maps, went.scores
    # The whole gradient gives its mean as well; the mean alone is often cheaper to come by.
    whole = went.map_gradient(target_gradient) if {*methods} & {*ELEMENT_WISE} else None

    def mean() -> Tensor:
        return went.mean_gradient(target_gradient) if whole is None else whole.mean(dim=(2, 3))

    def finer() -> Tensor:
        return went.mean_gradient(Lead(share=FINER_SHARE).gradient(scores, class_index))

    def element_wise(formula: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        assert whole is not None
        return formula(maps, whole)

    formulas: dict[MapMethod, Callable[[], Tensor]] = {
        "grad_cam": lambda: signed_cam(maps, mean()),
        "hires_cam": lambda: element_wise(hires_cam),
        "layer_cam": lambda: element_wise(layer_cam),
        "grad_cam_plus_plus": lambda: element_wise(grad_cam_plus_plus),
        "finer_cam": lambda: signed_cam(maps, finer()),
        "cam": lambda: class_activation_map(maps, scores, class_index),
        "fem": lambda: fem(maps),
    }
    return {method: formulas[method]() for method in methods}
