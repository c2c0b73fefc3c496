"""Why this cluster and not that one: the score of a unit against that of one given rival."""

from dataclasses import dataclass

from torch import Tensor

from coin_xai.attribution.engines.engine import Scores, TargetGradient
from coin_xai.attribution.maps import FINER_SHARE
from coin_xai.attribution.targets import Logit


@dataclass(frozen=True)
class Contrast:
    """The logit of the unit less a share of that of a rival, the same one for all photographs.

    Grad-CAM of this is Finer-CAM (Zhang et al. 2025, arXiv 2501.11309) with a chosen rival, where the method
    `finer_cam` takes each coin's own runner-up.

    Attributes:
        rival: another unit of the head.
        share: of its logit that is taken away, as the authors chose.
    """

    rival: int
    share: float = FINER_SHARE

    @property
    def name(self) -> str:
        """How provenance calls it."""
        return f"logit minus {self.share:g} unit {self.rival}"

    def gradient(self, scores: Scores, class_index: Tensor) -> TargetGradient:
        """Return the difference; its gradient is a difference of two rows of the head."""
        own = Logit().gradient(scores, class_index)
        return TargetGradient(
            value=own.value - self.share * scores.logits[:, self.rival],
            gradient=own.gradient - self.share * scores.head_weight[self.rival],
            at="head_input",
        )
