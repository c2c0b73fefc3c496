"""The trainers by their names."""

from collections.abc import Sequence

import torch

from coin_xai.background import Outline
from coin_xai.deepcluster import training, training_v2
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.deepcluster.training_v2 import DeepClusterV2
from coin_xai.pixels import Pixels

AnyTrainer = DeepCluster | DeepClusterV2


def trainer_of(
    pixels: Pixels,
    options: TrainingOptions,
    *,
    device: torch.device,
    outlines: Sequence[Outline | None] | None = None,
) -> AnyTrainer:
    """Return a trainer of the options' kind with a fresh network; see `Trainer`."""
    kind = DeepClusterV2 if options.trainer == "deepcluster-v2" else DeepCluster
    return kind(pixels, options, device=device, outlines=outlines)


def algorithm_of(options: TrainingOptions) -> str:
    """Return the version of the trainer, which changes whenever the same input gives another partition."""
    if options.trainer == "deepcluster-v2":
        return training_v2.ALGORITHM_VERSION
    return training.ALGORITHM_VERSION
