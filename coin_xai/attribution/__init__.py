"""Why a network gave a coin its cluster: Grad-CAM, guided backpropagation and their product."""

from coin_xai.attribution.engine import Attributor
from coin_xai.attribution.grad_cam import guided_grad_cam, normalised_map
from coin_xai.attribution.result import ALGORITHM_VERSION, METHODS, Attributions, Method, Provenance

__all__ = [
    "ALGORITHM_VERSION",
    "METHODS",
    "Attributions",
    "Attributor",
    "Method",
    "Provenance",
    "guided_grad_cam",
    "normalised_map",
]
