"""Why a network gave a coin its cluster: maps of a layer, gradients of the photograph, and their product."""

from typing import TYPE_CHECKING

from coin_xai.attribution.methods import ALL_METHODS, METHODS, Method
from coin_xai.attribution.version import ALGORITHM_VERSION
from coin_xai.common.lazy import lazily

if TYPE_CHECKING:
    from coin_xai.attribution.attributor import Attributor
    from coin_xai.attribution.cluster_targets import Assignment, Clusters, Similarity
    from coin_xai.attribution.result import Attributions, Provenance
    from coin_xai.attribution.targets import Lead, Logit, Target

__all__ = [
    "ALGORITHM_VERSION",
    "ALL_METHODS",
    "METHODS",
    "Assignment",
    "Attributions",
    "Attributor",
    "Clusters",
    "Lead",
    "Logit",
    "Method",
    "Provenance",
    "Similarity",
    "Target",
]

__getattr__ = lazily(
    __name__,
    {
        "Assignment": "cluster_targets",
        "Attributions": "result",
        "Attributor": "attributor",
        "Clusters": "cluster_targets",
        "Lead": "targets",
        "Logit": "targets",
        "Provenance": "result",
        "Similarity": "cluster_targets",
        "Target": "targets",
    },
)
