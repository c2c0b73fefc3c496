"""What is explained: a value per photograph, and its gradient at the features, in closed form.

The value is a logit, or its lead over the strongest rival. `cluster_targets.py` has those that speak of
the clustering itself.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from coin_xai.attribution.engines.engine import Scores, TargetGradient


class Target(Protocol):
    """Anything that makes a gradient of scores."""

    @property
    def name(self) -> str:
        """How provenance calls it."""

    def gradient(self, scores: Scores, class_index: Tensor) -> TargetGradient:
        """Return value and gradient for the unit of each photograph (N, int64)."""


@dataclass(frozen=True)
class Logit:
    """The score of the unit, before the softmax."""

    name: str = "logit"

    def gradient(self, scores: Scores, class_index: Tensor) -> TargetGradient:
        """Return the logit; its gradient is a row of the head."""
        return TargetGradient(
            value=scores.logits.gather(1, class_index[:, None])[:, 0],
            gradient=scores.head_weight[class_index],
            at="head_input",
            unit=class_index,
        )


@dataclass(frozen=True)
class Lead:
    """The score of the unit minus a share of the best other one: why this cluster and not its neighbour.

    With a share below 1 evidence that both have in common does not vanish altogether (Finer-CAM, Zhang et
    al. 2025, arXiv 2501.11309). A head with one unit has no rival; the lead is then the logit.
    """

    share: float = 1.0

    @property
    def name(self) -> str:
        """How provenance calls it."""
        return "logit minus runner-up" if self.share == 1 else f"logit minus {self.share:g} runner-up"

    def gradient(self, scores: Scores, class_index: Tensor) -> TargetGradient:
        """Return the lead; its gradient is a difference of two rows of the head."""
        own = Logit().gradient(scores, class_index)
        rival, rival_logit = runner_up(scores.logits, class_index)
        there = rival >= 0
        taken = self.share * torch.where(there, rival_logit, 0)
        row = self.share * torch.where(there[:, None], scores.head_weight[rival.clamp(min=0)], 0)
        return TargetGradient(value=own.value - taken, gradient=own.gradient - row, at="head_input")


def runner_up(logits: Tensor, class_index: Tensor) -> tuple[Tensor, Tensor]:
    """Return the best unit beside that of each photograph and its logit (N each); -1 and -inf if none."""
    others = logits.scatter(1, class_index[:, None], -torch.inf)
    logit, unit = others.max(dim=1)
    return unit.masked_fill(logit.isneginf(), -1), logit
