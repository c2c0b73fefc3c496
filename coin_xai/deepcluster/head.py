"""Fits the head to a clustering on cached features, so that what is explained knows its clusters.

One epoch of gradient steps from a random head reproduces a fifth of the clusters of a small collection
(the published recipe, two thousand coins). A Grad-CAM of such a head explains next to nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

# From smooth to sharp; the first that reproduces the clustering is kept, since a smoother head depends on
# more of what the coins of a cluster share.
WEIGHT_PENALTIES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
WANTED_FIT = 0.995
ITERATIONS = 100
# Coins worked on at once, so that no second matrix as large as the features is ever made.
BLOCK = 512


@dataclass(frozen=True)
class FittedHead:
    """A linear head and how well it reproduces the clustering it was fitted to.

    Attributes:
        weight: n_classes x d.
        bias: n_classes.
        logits: of every coin (N x n_classes).
        fit: share of coins whose largest logit is that of their own class.
        weight_penalty: the penalty on the weights that was used.
    """

    weight: torch.Tensor
    bias: torch.Tensor
    logits: npt.NDArray[np.float32]
    fit: float
    weight_penalty: float


def fit_head(features: npt.NDArray[np.float32], class_index: npt.NDArray[np.int64]) -> FittedHead:
    """Fit a multinomial logistic head to rectified features by L-BFGS.

    The problem is convex and starts from zero, so the result depends on no seed.

    Args:
        features: penultimate features before the rectifier (N x d).
        class_index: class of each coin, 0..n_classes-1, none of them empty (N).
    """
    inputs = _Standardised(features)
    target = torch.from_numpy(class_index)
    weight = torch.zeros(int(class_index.max()) + 1, features.shape[1], requires_grad=True)
    bias = torch.zeros(len(weight), requires_grad=True)
    logits = torch.empty(len(features), len(weight))
    for penalty in WEIGHT_PENALTIES:
        _minimise(weight, bias, inputs, target, penalty)
        with torch.no_grad():
            for rows, block in inputs.blocks():
                logits[rows] = F.linear(block, weight, bias)
        fit = float((logits.argmax(dim=1) == target).float().mean())
        if fit >= WANTED_FIT:
            break
    with torch.no_grad():
        # Undo the standardisation inside the head, so that it takes the network's own features.
        unscaled = weight / inputs.scale
        return FittedHead(
            weight=unscaled,
            bias=bias - unscaled @ inputs.mean,
            logits=logits.numpy(),
            fit=fit,
            weight_penalty=penalty,
        )


class _Standardised:
    """Rectified features, centred and divided by one common scale, made block by block when asked for.

    All blocks are made in one place: each is there until the next one is asked for.
    """

    def __init__(self, features: npt.NDArray[np.float32]) -> None:
        self.features = torch.from_numpy(features)
        self.place = torch.empty_like(self.features[:BLOCK])
        self.scale, self.mean = torch.ones(()), torch.zeros(features.shape[1])
        n_coins = len(features)
        self.mean = sum((block.sum(dim=0) for _, block in self.blocks()), self.mean) / n_coins
        squares = sum((block.square_().mean(dim=1).sum() for _, block in self.blocks()), torch.zeros(()))
        self.scale = (squares / n_coins).sqrt().clamp_min(torch.finfo(torch.float32).tiny)

    def blocks(self) -> Iterator[tuple[slice, torch.Tensor]]:
        """Yield the rows and the content of each block."""
        for start in range(0, len(self.features), BLOCK):
            rows = slice(start, start + BLOCK)
            block = self.features[rows]
            yield rows, torch.clamp(block, 0, out=self.place[: len(block)]).sub_(self.mean).div_(self.scale)


def _minimise(
    weight: torch.Tensor, bias: torch.Tensor, inputs: _Standardised, target: torch.Tensor, penalty: float
) -> None:
    optimiser = torch.optim.LBFGS([weight, bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        total = penalty * weight.square().sum() / 2
        total.backward()  # type: ignore[no-untyped-call]
        for rows, block in inputs.blocks():
            value = F.cross_entropy(F.linear(block, weight, bias), target[rows], reduction="sum")
            (value / len(target)).backward()  # type: ignore[no-untyped-call]
            total = total + value.detach() / len(target)
        return total.detach()

    optimiser.step(loss)  # type: ignore[no-untyped-call]
