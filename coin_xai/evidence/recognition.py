"""Are coins recognised by a head that has not seen them? Five folds, and controls that know less.

With more features than coins a head reproduces any clusters, shuffled ones as well, so that it agrees with
its own coins says nothing. What has content is which cluster it puts a coin into that it was not fitted to,
beside what the same head reaches where there is nothing to know.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from scipy.linalg import qr

from coin_xai.common.random_streams import stream
from coin_xai.common.stages import Advance
from coin_xai.common.threads import one_thread
from coin_xai.optimisation.logistic import ITERATIONS, Standardised, minimise

FOLDS = 5
PENALTY = 1e-2
"""The strongest of `fit_head`, which it keeps wherever there are more features than coins."""
HISTORY = 10
"""Steps that L-BFGS remembers. ITERATIONS of them bring recognition to within a point of the optimum's."""
SMALL_BYTES = 2**26
"""Inputs up to this size are standardised once for a fold and kept. After a rotation all are."""

Repeated = Literal["head", "training"]
"""What was done anew without the coins of each fold. Where it is the head alone, the network before it has
learnt from all coins, and recognition is an upper bound."""

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True)
class HeadInputs:
    """Features as a head takes them.

    Attributes:
        values: of each coin; after a rotation no more of them than there are coins (N x d).
        width: how many features there were before it.
    """

    values: npt.NDArray[np.floating]
    width: int


def folds_of(cluster: Positions, *, seed: int) -> Positions:
    """Return the fold of each coin: every cluster is spread as evenly as it can be, and so are all coins.

    Args:
        cluster: of each coin (N).
        seed: of the run.

    Returns:
        0 to FOLDS - 1 (N). A cluster of fewer coins than that has none in some folds.
    """
    by_chance = stream(seed, "recognition folds").permutation(len(cluster))
    by_cluster = by_chance[np.argsort(cluster[by_chance], kind="stable")]
    fold = np.empty(len(cluster), dtype=np.int64)
    fold[by_cluster] = np.arange(len(cluster)) % FOLDS
    return fold


def shuffled(cluster: Positions, fold: Positions, *, seed: int) -> Positions:
    """Return the clusters dealt out anew among the coins of each fold, so that the folds stay as even (N)."""
    generator = stream(seed, "recognition shuffle")
    found = cluster.copy()
    for one in np.unique(fold):
        own = np.flatnonzero(fold == one)
        found[own] = cluster[own][generator.permutation(len(own))]
    return found


def rotated(features: npt.NDArray[np.floating]) -> HeadInputs:
    """Return features in as many dimensions as there are coins, where they have more; overwrites them.

    A head with a quadratic penalty depends on inner products alone, and a rotation leaves those as they are,
    so it gives the same answers. Nothing is centred or scaled, which is for each fold to do.

    Args:
        features: as the head takes them, rectified (N x d).
    """
    count, width = features.shape
    if count >= width:
        return HeadInputs(features, width)
    # Column by column it is what LAPACK wants, and is taken apart in its own place.
    _, triangle = qr(features.T, mode="raw", overwrite_a=True, check_finite=False)
    return HeadInputs(np.ascontiguousarray(triangle.T), width)


def held_out(
    inputs: HeadInputs,
    cluster: Positions,
    fold: Positions,
    *,
    penalty: float = PENALTY,
    advance: Advance = lambda _: None,
) -> Positions:
    """Return the cluster that a head puts each coin into that was fitted to the other folds (N).

    Args:
        inputs: of each coin.
        cluster: of each coin, to be learnt (N).
        fold: of each coin (N).
        penalty: on the squared weights.
        advance: called with the number of coins done since the last call.

    Returns:
        Clusters, -1 where there is no other fold.
    """
    names, class_index = np.unique(cluster, return_inverse=True)
    logits = held_out_logits(inputs, class_index, fold, penalty=penalty, advance=advance)
    best = logits.argmax(axis=1)
    known = np.isfinite(logits[np.arange(len(best)), best])
    found: Positions = np.where(known, names[best], -1)
    return found


def held_out_logits(
    inputs: HeadInputs,
    class_index: Positions,
    fold: Positions,
    *,
    penalty: float = PENALTY,
    iterations: int = ITERATIONS,
    advance: Advance = lambda _: None,
) -> npt.NDArray[np.floating]:
    """Return what the heads say of the coins that each has not seen (N x classes).

    The objective is that of `coin_xai.deepcluster.head.fit_head`. Every fold starts from zero: the weights of
    another fold have seen the coins of this one.

    Args:
        inputs: of each coin.
        class_index: of each coin, 0..classes-1, none of them empty (N).
        fold: of each coin (N).
        penalty: on the squared weights.
        iterations: of L-BFGS at most.
        advance: called with the number of coins done since the last call.

    Returns:
        Logits; minus infinity for a class of which the other folds hold no coin.
    """
    values = torch.from_numpy(inputs.values)
    small = inputs.values.nbytes <= SMALL_BYTES
    logits = torch.full((len(values), int(class_index.max()) + 1), -torch.inf, dtype=values.dtype)
    for one in np.unique(fold):
        seen, unseen = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        if not len(seen):
            advance(len(unseen))
            continue
        # A class without coins would have its bias sink for ever.
        classes, target = np.unique(class_index[seen], return_inverse=True)
        known = Standardised(values, torch.from_numpy(seen), width=inputs.width, keep=small)
        weight = torch.zeros(len(classes), values.shape[1], dtype=values.dtype, requires_grad=True)
        bias = torch.zeros(len(classes), dtype=values.dtype, requires_grad=True)
        with one_thread() if small else nullcontext():
            minimise(
                weight,
                bias,
                known,
                torch.from_numpy(target),
                penalty,
                iterations=iterations,
                history=HISTORY,
            )
        rows = torch.from_numpy(unseen)
        logits[rows[:, None], torch.from_numpy(classes)] = known.logits(weight, bias, rows)
        advance(len(unseen))
    return logits.numpy()


def majority(neighbours: Positions, cluster: Positions) -> Positions:
    """Return the cluster of most of the neighbours of each coin (n).

    Args:
        neighbours: rows of coins whose cluster is known, the most alike first; -1 for none (n x count).
        cluster: of each of these (N).

    Returns:
        Clusters; of several with as many neighbours, the one of the nearest; -1 for a coin without any.
    """
    names, class_index = np.unique(cluster, return_inverse=True)
    votes = np.zeros((len(neighbours), len(names)))
    coin, rank = np.nonzero(neighbours >= 0)
    # The nearest ones weigh a little more, less than a vote all together.
    weight = 1 - rank / (neighbours.shape[1] + 1) ** 2
    np.add.at(votes, (coin, class_index[neighbours[coin, rank]]), weight)
    found: Positions = np.where(votes.any(axis=1), names[votes.argmax(axis=1)], -1)
    return found
