"""Whether a training recognises coins that it has not seen: it is repeated without the coins of each fold."""

import os
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryFile

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.common.device import moved
from coin_xai.common.prefetch import prefetch
from coin_xai.common.random_streams import stream, torch_stream
from coin_xai.common.threads import one_thread
from coin_xai.deepcluster.head import fit_head
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.train_epoch import SAMPLERS, batches, draw_views
from coin_xai.networks import GridNet, initialise, normalise
from coin_xai.optimisation.eager import SGD
from coin_xai.photographs.pixels import Pixels

Positions = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

BLOCK = 512


def train_without(
    shown: Pixels,
    cluster: Positions,
    fold: Positions,
    options: TrainingOptions,
    *,
    epochs: int,
    device: torch.device,
    front: nn.Module | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Positions:
    """Return the cluster that each coin is taken for by a network that learnt from the other folds alone.

    Each fold is a training of its own: a fresh network, the same recipe and epochs, a fitted head. All folds
    are shown the same views, so that no view is drawn and described twice.

    Args:
        shown: the coins as networks see them (N).
        cluster: of each coin, to be learnt (N).
        fold: that each coin is held out in (N).
        options: of the training, that is `repeatable`.
        epochs: of learning.
        device: where to compute.
        front: of the network that has learnt from all coins; without it, weights that it needs are read anew.
        advance: called with the number of photographs done, `epochs` + 1 times for each.

    Returns:
        Clusters, -1 where the other folds hold less than two of them (N).
    """
    options = options.require(len(shown))
    _names, class_index = np.unique(cluster, return_inverse=True)
    learners = [_Learner(cluster, fold != one, options, device) for one in np.unique(fold)]
    learners = [learner for learner in learners if len(learner.names) > 1]
    taken_for = np.full(len(cluster), -1, dtype=np.int64)
    if not learners:
        return taken_for
    front = learners[0].network.front if front is None else front.to(device)
    with one_thread():  # another one draws views
        for epoch in range(epochs):
            order = SAMPLERS[options.sampler](
                class_index, options.passes * len(shown), generator=stream(options.seed, "sampling", epoch)
            )
            views_of = partial(_described_views, front, device, shown, order, options, epoch=epoch)
            numbered = batches(len(order), options.batch)
            # Drawn and described in another thread, while the networks learn from what came before.
            for numbers, cells in zip(numbered, prefetch(views_of, numbered), strict=True):
                for learner in learners:
                    learner.learn(cells, order[numbers])
                advance(len(numbers))
        described = _describe_all(shown, front, options.batch, device, advance)
        for learner in learners:
            learner.recognise(described, taken_for)
    return taken_for


class _Learner:
    """A network that learns from the coins of all folds but one."""

    def __init__(
        self,
        cluster: Positions,
        seen: npt.NDArray[np.bool_],
        options: TrainingOptions,
        device: torch.device,
    ) -> None:
        self.names = np.unique(cluster[seen])
        self.seen, self.device = seen, device
        # Of coins that are not seen, some number: it is never looked at.
        self.class_index = np.searchsorted(self.names, cluster).clip(max=max(0, len(self.names) - 1))
        self.network = GridNet(
            len(self.names),
            generator=torch_stream(options.seed, "initial weights", 0),
            width=options.width,
            front=options.front,
        ).to(device)
        initialise(self.network.head, torch_stream(options.seed, "head", 0))
        # As in an epoch of DeepCluster: the head learns without momentum.
        rate, decay = options.learning_rate, options.weight_decay
        self.optimisers = (
            SGD(self.network.backbone(), lr=rate, momentum=options.momentum, weight_decay=decay, fused=True),
            SGD(self.network.head.parameters(), lr=rate, weight_decay=decay),
        )

    def learn(self, cells: Tensor, coins: Positions) -> None:
        """Take one step with those of some described coins that may be seen."""
        seen = self.seen[coins]
        if seen.sum() < 2:  # batch normalisation refuses one alone
            return
        self.network.train()
        target = torch.from_numpy(self.class_index[coins[seen]]).to(self.device)
        features = self.network.from_cells(cells[torch.from_numpy(seen).to(self.device)])
        for optimiser in self.optimisers:
            optimiser.zero_grad()
        F.cross_entropy(self.network.head(features), target).backward()  # type: ignore[no-untyped-call]
        for optimiser in self.optimisers:
            optimiser.step()

    def recognise(self, cells: Floats, taken_for: Positions) -> None:
        """Fit the head to the coins that were seen, and write down what it takes the others for."""
        self.network.eval()
        with torch.inference_mode():
            features = np.concatenate(
                [self._features(cells[start : start + BLOCK]) for start in range(0, len(cells), BLOCK)]
            )
        head = fit_head(features[self.seen], self.class_index[self.seen])
        logits = features[~self.seen] @ head.weight.numpy().T + head.bias.numpy()
        taken_for[~self.seen] = self.names[logits.argmax(axis=1)]

    def _features(self, cells: Floats) -> Floats:
        described = torch.from_numpy(np.array(cells)).to(self.device)
        features: Floats = self.network.from_cells(described).cpu().numpy()
        return features


def _described_views(
    front: nn.Module,
    device: torch.device,
    shown: Pixels,
    order: Positions,
    options: TrainingOptions,
    numbers: Positions,
    *,
    epoch: int,
) -> Tensor:
    """Return the cells of random views of some coins of an epoch (n x c x 16 x 16)."""
    views = draw_views(shown, order, options, numbers, epoch=epoch, size_px=GridNet.input_size_px)
    return _describe(front, views, device)


def _describe(front: nn.Module, squares: npt.NDArray[np.uint8], device: torch.device) -> Tensor:
    with torch.inference_mode(False), torch.no_grad():
        cells: Tensor = front(normalise(moved(squares, device)))
        return cells


def _describe_all(
    shown: Pixels, front: nn.Module, batch: int, device: torch.device, advance: Callable[[int], None]
) -> Floats:
    """Return the cells of all coins as they are (N x c x 16 x 16), on disk: of 121 numbers they are large."""
    described: Floats | None = None
    for numbers in np.array_split(np.arange(len(shown)), -(-len(shown) // batch)):
        squares = shown.centre_squares(numbers, size_px=GridNet.input_size_px)
        cells = _describe(front, squares, device).cpu().numpy()
        if described is None:
            with TemporaryFile() as file:  # which lives as long as somebody looks at it
                os.posix_fallocate(file.fileno(), 0, len(shown) * cells[0].nbytes)  # else a full disk kills
                described = np.memmap(file, np.float32, shape=(len(shown), *cells.shape[1:]))
        described[numbers] = cells
        advance(len(numbers))
    assert described is not None  # there are coins
    return described
