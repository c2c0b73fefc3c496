"""Penalised multinomial logistic regression by L-BFGS, on inputs that are standardised block by block.

The problem is convex and starts where the caller says, zero as a rule, so the result depends on no seed.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.optimisation.eager import LBFGS

ITERATIONS = 100
# Coins worked on at once, so that no second matrix as large as the features is ever made.
BLOCK = 512


class Standardised:
    """Some coins' features, centred and divided by one common scale, made block by block when asked for.

    All blocks are made in one place: each is there until the next one is asked for. Where there is room for
    all of them, they are made once and kept, which takes a third of the time.

    Attributes:
        mean: of the features of these coins (d).
        scale: root of the mean square of what is left.
    """

    def __init__(
        self,
        features: Tensor,
        rows: Tensor | None = None,
        *,
        width: int | None = None,
        rectify: bool = False,
        keep: bool = False,
    ) -> None:
        """Measure mean and scale.

        Args:
            features: of all coins (N x d).
            rows: of the coins that count (n); all without it.
            width: over how many features squares are averaged, if not over d: a rotation into fewer
                dimensions keeps their sum and not their mean.
            rectify: whether negative features count as zero.
            keep: whether there is room for all of them.
        """
        self.features, self.rows, self.rectify = features, rows, rectify
        self.kept: Tensor | None = None
        self.place = torch.empty_like(features[: min(BLOCK, len(self))])
        self.scale = torch.ones((), dtype=features.dtype)
        self.mean = torch.zeros(features.shape[1], dtype=features.dtype)
        n_coins = len(self)
        self.mean = sum((block.sum(dim=0) for _, block in self.blocks()), self.mean) / n_coins
        nothing = torch.zeros((), dtype=features.dtype)
        squares = sum((block.square_().mean(dim=1).sum() for _, block in self.blocks()), nothing)
        if width is not None:
            squares = squares * (features.shape[1] / width)
        self.scale = (squares / n_coins).sqrt().clamp_min(torch.finfo(features.dtype).tiny)
        if keep:
            self.kept = torch.cat([block.clone() for _, block in self.blocks()])

    def __len__(self) -> int:
        return len(self.features) if self.rows is None else len(self.rows)

    def blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """Yield the places among these coins and the content of each block."""
        if self.kept is not None:
            return iter([(slice(0, len(self)), self.kept)])
        return self._blocks(self.rows)

    def logits(self, weight: Tensor, bias: Tensor, rows: Tensor | None = None) -> Tensor:
        """Return the logits of these coins, or of other rows by the mean and scale of these (n x classes)."""
        chosen = self.rows if rows is None else rows
        with torch.no_grad():
            return torch.cat([F.linear(block, weight, bias) for _, block in self._blocks(chosen)])

    def _blocks(self, rows: Tensor | None) -> Iterator[tuple[slice, Tensor]]:
        for start in range(0, len(self.features) if rows is None else len(rows), BLOCK):
            some = slice(start, start + BLOCK)
            block = self.features[some] if rows is None else self.features[rows[some]]
            place = self.place[: len(block)]
            if len(place) < len(block):  # of a few coins that look at more than they are
                place = torch.empty_like(block)
            torch.clamp(block, 0 if self.rectify else -math.inf, out=place)
            yield some, place.sub_(self.mean).div_(self.scale)


def minimise(
    weight: Tensor,
    bias: Tensor,
    inputs: Standardised,
    target: Tensor,
    penalty: float,
    *,
    iterations: int = ITERATIONS,
    history: int = 100,
) -> None:
    """Lower the mean cross-entropy plus half the penalty times the squared weights, in place.

    Args:
        weight: n_classes x d, a leaf that wants gradients; where the search starts, and then the result.
        bias: n_classes, the same; it is not penalised.
        inputs: of n coins.
        target: class of each, 0..n_classes-1 (n).
        penalty: on the squared weights.
        iterations: of L-BFGS at most.
        history: how many steps it remembers; a long memory costs more than it saves where inputs are few.
    """
    optimiser = LBFGS(
        [weight, bias], max_iter=iterations, history_size=history, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        with torch.no_grad():
            total = penalty * weight.square().sum() / 2
            # What its derivative is, to the bit; autograd takes as long for it as for the rest.
            weight.grad, bias.grad = penalty * weight, None
        for rows, block in inputs.blocks():
            value = F.cross_entropy(F.linear(block, weight, bias), target[rows], reduction="sum")
            (value / len(target)).backward()  # type: ignore[no-untyped-call]
            total = total + value.detach() / len(target)
        return total.detach()

    optimiser.step(loss)  # type: ignore[no-untyped-call]
