"""One epoch of DeepCluster-v2: views of each coin are drawn to its prototypes, and kept in the bank."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from coin_xai.common.device import moved
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.train_epoch import Learnt, means_of
from coin_xai.deepcluster.v2.crops import LARGE, Crops, Passes
from coin_xai.deepcluster.v2.embedder import Embedder
from coin_xai.deepcluster.v2.prototypes import Head, loss_of_heads
from coin_xai.deepcluster.v2.schedule import learning_rate
from coin_xai.optimisation.step import Step
from coin_xai.photographs.pixels import Pixels


def learn_prototypes(
    embedder: Embedder,
    optimiser: torch.optim.Optimizer,
    pixels: Pixels,
    heads: Sequence[Head],
    bank: Tensor,
    options: TrainingOptions,
    *,
    epoch: int,
    advance: Callable[[int], None],
    workers: int = 1,
) -> Learnt:
    """Draw every coin to its prototypes, and write what becomes of its large views into the bank.

    Args:
        embedder: on the device.
        optimiser: of what learns; its rate is set before every step.
        pixels: the photographs (N).
        heads: what is learnt.
        bank: overwritten as the coins are seen (2 x N x d, on the device).
        options: how to learn.
        epoch: names the streams of random numbers, and the place in the schedule.
        advance: called with the number of photographs done since the last call.
        workers: threads that prepare the next batches.

    Returns:
        The loss, and the share of views that are nearest to their own centroid in the first head.

    Raises:
        OptionError: learning diverged.
    """
    device = bank.device
    targets = torch.from_numpy(np.stack([head.cluster for head in heads], axis=1))

    def loss_of(large: Tensor, small: Tensor, positions: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        embeddings = embedder(large, small)
        of_large, of_small = (wanted.repeat_interleave(each.shape[1], dim=0) for each in (large, small))
        seen = embeddings[: len(of_large)].detach()
        _remember(bank, positions, seen)
        nearest = (seen @ heads[0].prototypes.T).argmax(dim=1)
        right = (nearest == of_large[:, 0]).sum() / LARGE
        return loss_of_heads(embeddings, torch.cat([of_large, of_small]), heads), right

    step = Step(embedder.learning(), [optimiser], loss_of=loss_of)
    total_loss, total_right = (torch.zeros((), dtype=torch.float64, device=device) for _ in range(2))
    passes = Passes(pixels, options, embedder.network, purpose="crops", epoch=epoch)
    for number, crops in enumerate(passes.crops(workers=workers)):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(epoch + number / len(passes), options)
        large, small, positions = _on(device, crops)
        loss, right = step.take(large, small, positions, targets[crops.positions].to(device))
        total_loss += loss
        total_right += right
        advance(len(crops.positions))
    return means_of(total_loss, total_right, options.passes * len(pixels), options, epoch=epoch)


@torch.no_grad()
def fill_bank(
    embedder: Embedder,
    pixels: Pixels,
    bank: Tensor,
    options: TrainingOptions,
    *,
    advance: Callable[[int], None],
    workers: int = 1,
) -> None:
    """Write what becomes of two views of every coin before anything is learnt into the bank (2 x N x d).

    As while learning, features are normalised by the statistics of their batch, which the network remembers.
    """
    embedder.learning()
    once = options.model_copy(update={"passes": 1, "small_crops": 0})
    passes = Passes(pixels, once, embedder.network, purpose="bank", epoch=0)
    for crops in passes.crops(workers=workers):
        large, small, positions = _on(bank.device, crops)
        _remember(bank, positions, embedder(large, small))
        advance(len(crops.positions))


def _on(device: torch.device, crops: Crops) -> tuple[Tensor, Tensor, Tensor]:
    large, small, positions = (moved(array, device) for array in (crops.large, crops.small, crops.positions))
    return large, small, positions


def _remember(bank: Tensor, positions: Tensor, embeddings: Tensor) -> None:
    """Write embeddings of the large views, coin by coin (2 n x d), into the bank of either view."""
    bank[:, positions] = embeddings.view(len(positions), LARGE, -1).transpose(0, 1)
