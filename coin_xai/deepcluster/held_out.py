"""Whether a training recognises coins that it has not seen: it is repeated without the coins of each fold."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.fixed_clusters import given_clusters
from coin_xai.deepcluster.head import fit_head
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.photographs.pixels import Pixels

Positions = npt.NDArray[np.int64]


class Part(Pixels):
    """Some photographs of others, read as those are read."""

    def __init__(self, whole: Pixels, positions: Positions) -> None:
        """Choose photographs by their positions (n)."""
        super().__init__(whole.data, whole.offset[positions], whole.height[positions], whole.width[positions])
        self._whole, self._positions = whole, positions

    def __getitem__(self, index: int) -> npt.NDArray[np.uint8]:
        return self._whole[int(self._positions[index])]

    def centre_squares(
        self, indices: npt.NDArray[np.int64], *, size_px: int, crop: float = 1.0
    ) -> npt.NDArray[np.uint8]:
        """Return the central squares of some of them (n x 3 x size_px x size_px)."""
        return self._whole.centre_squares(self._positions[indices], size_px=size_px, crop=crop)


def train_without(
    shown: Pixels,
    cluster: Positions,
    fold: Positions,
    options: TrainingOptions,
    *,
    epochs: int,
    device: torch.device,
    advance: Callable[[int], None] = lambda _: None,
) -> Positions:
    """Return the cluster that each coin is taken for by a network that learnt from the other folds alone.

    Each fold is a training of its own: a fresh network with the weights of the seed, all epochs, a fitted head.

    Args:
        shown: the photographs as networks see them (N).
        cluster: of each coin, to be learnt (N).
        fold: that each coin is held out in (N).
        options: of the training; clusters are given.
        epochs: of learning.
        device: where to compute.
        advance: called with the number of photographs done, `epochs` times for each coin and other fold.

    Returns:
        Clusters, -1 where no other fold holds two of them (N).
    """
    taken_for = np.full(len(cluster), -1, dtype=np.int64)
    for one in np.unique(fold):
        seen, unseen = np.flatnonzero(fold != one), np.flatnonzero(fold == one)
        names, class_index = np.unique(cluster[seen], return_inverse=True)
        if len(names) < 2:
            continue
        learnt = options.model_copy(
            update={"k": len(names), "clustering": "given", "pca_dimensions": None, "init_weights": None}
        )
        trainer = DeepCluster(Part(shown, seen), learnt, device=device)
        trainer.shown = trainer.pixels  # they are what the network sees already
        trainer.fixed_clusters.take_clusters(given_clusters(class_index))
        for _ in range(epochs):
            trainer.run_epoch(advance=advance)
        head = fit_head(trainer.features(), class_index)
        features = extract_features(
            trainer.network,
            Part(shown, unseen),
            centre_crop=options.centre_crop,
            batch_size=trainer.options.batch,
            device=device,
            advance=lambda _: None,
            precision=options.precision,
        )
        logits = np.maximum(features, 0) @ head.weight.numpy().T + head.bias.numpy()
        taken_for[unseen] = names[logits.argmax(axis=1)]
    return taken_for
