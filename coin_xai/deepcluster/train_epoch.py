"""One epoch of learning: the network is taught which cluster each photograph is in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from coin_xai.common.device import moved
from coin_xai.common.prefetch import prefetch
from coin_xai.common.random_streams import integer, stream
from coin_xai.deepcluster.augmentation import augment
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.sampling import sample_as_published, sample_uniformly_over_clusters
from coin_xai.errors import OptionError
from coin_xai.networks import Network, normalise
from coin_xai.optimisation.common_step import CommonStep, together
from coin_xai.optimisation.eager import SGD
from coin_xai.optimisation.precision import computing_in
from coin_xai.optimisation.ranks import ALONE, Ranks
from coin_xai.optimisation.step import Step
from coin_xai.photographs.pixels import Pixels

SAMPLERS = {"uniform": sample_uniformly_over_clusters, "legacy_sampler": sample_as_published}


@dataclass(frozen=True)
class Learnt:
    """What an epoch of learning reports, each the mean over its photographs.

    Attributes:
        loss: cross-entropy on the way.
        accuracy: share of photographs that the head gave their own class, on the way.
    """

    loss: float
    accuracy: float


def train_epoch(
    network: Network,
    optimiser: torch.optim.Optimizer,
    pixels: Pixels,
    class_index: npt.NDArray[np.int64],
    options: TrainingOptions,
    *,
    epoch: int,
    device: torch.device,
    advance: Callable[[int], None],
    workers: int = 1,
    ranks: Ranks = ALONE,
) -> Learnt:
    """Teach a network, head included, the class of each photograph.

    Args:
        network: on the device, with a head of as many units as there are classes.
        optimiser: of the backbone; the head gets one of its own, without momentum, as published.
        pixels: the photographs (N).
        class_index: class of each, 0..n_classes-1, none empty (N).
        options: how to learn.
        epoch: names the streams of random numbers.
        device: where to compute.
        advance: called with the number of photographs done since the last call.
        workers: threads that prepare the next batches.
        ranks: the processes that learn together, each a part of every batch.

    Raises:
        OptionError: learning diverged.
    """
    head_optimiser = SGD(
        network.head.parameters(), lr=options.learning_rate, weight_decay=options.weight_decay
    )
    order = SAMPLERS[options.sampler](
        class_index, options.passes * len(pixels), generator=stream(options.seed, "sampling", epoch)
    )

    views_of = partial(draw_views, pixels, order, options, epoch=epoch, size_px=network.input_size_px)

    def loss_of(shown: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        with computing_in(options.precision, device):
            logits = learner(shown).float()
        return F.cross_entropy(logits, wanted), (logits.detach().argmax(dim=1) == wanted).sum()

    network.train()
    optimisers, learner = (optimiser, head_optimiser), network if ranks.alone else together(network)
    step = (
        Step(learner, optimisers, loss_of=loss_of)
        if ranks.alone
        else CommonStep(learner, optimisers, loss_of=loss_of, ranks=ranks)
    )
    # Kept where they are computed: asking a GPU for the loss of every step would let it wait each time.
    total_loss, total_right = (torch.zeros((), dtype=torch.float64, device=device) for _ in range(2))
    whole = batches(len(order), options.batch)
    numbered = [numbers[ranks.part(len(numbers))] for numbers in whole]
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(integer(stream(options.seed, "dropout", epoch)))
        prepared = prefetch(views_of, numbered, workers=workers)
        for batch, numbers, views in zip(whole, numbered, prepared, strict=True):
            ranks.batch = len(batch)
            target = torch.from_numpy(class_index[order[numbers]]).to(device)
            photographs = normalise(moved(views, device))
            loss, right = step.take(photographs, target)
            total_loss += loss
            total_right += right
            advance(len(batch))
    ranks.sum(total_loss)
    ranks.sum(total_right)
    return means_of(total_loss, total_right, len(order), options, epoch=epoch)


def draw_views(
    pixels: Pixels,
    order: npt.NDArray[np.int64],
    options: TrainingOptions,
    numbers: npt.NDArray[np.int64],
    *,
    epoch: int,
    size_px: int,
) -> npt.NDArray[np.uint8]:
    """Return random views of some photographs of an epoch (n x 3 x size_px x size_px).

    Args:
        pixels: all photographs.
        order: which of them comes when.
        options: how to vary them.
        numbers: which places in that order (n).
        epoch: names the streams of random numbers.
        size_px: side of a view.
    """
    views = np.empty((len(numbers), 3, size_px, size_px), dtype=np.uint8)
    for view, number in zip(views, numbers, strict=True):
        # Each view has a stream of its own, so that it does not matter who prepares it, and when.
        view[:] = augment(
            pixels[order[number]],
            options.augmentation,
            size_px=size_px,
            generator=stream(options.seed, "augmentation", epoch, int(number)),
        )
    return views


def means_of(
    total_loss: Tensor, total_right: Tensor, n_photographs: int, options: TrainingOptions, *, epoch: int
) -> Learnt:
    """Return what an epoch reports, from its sums.

    Raises:
        OptionError: learning diverged.
    """
    learnt = Learnt(loss=total_loss.item() / n_photographs, accuracy=total_right.item() / n_photographs)
    if not np.isfinite(learnt.loss):
        raise OptionError(
            f"learning diverged in epoch {epoch} (loss {learnt.loss}): choose a smaller learning rate than "
            f"{options.learning_rate:g}"
        )
    return learnt


def batches(n_photographs: int, size: int) -> list[npt.NDArray[np.int64]]:
    """Split 0..n-1 into batches; a last one of one number, which batch normalisation refuses, is joined."""
    cuts = list(range(size, n_photographs, size))
    if cuts and n_photographs - cuts[-1] == 1:
        cuts.pop()
    return np.split(np.arange(n_photographs), cuts)
