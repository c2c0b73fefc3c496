"""The trainers by their names."""

from collections.abc import Sequence

import torch

from coin_xai.deepcluster import training
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.trainer import Trainer
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.deepcluster.v2 import deepcluster_v2
from coin_xai.deepcluster.v2.deepcluster_v2 import DeepClusterV2
from coin_xai.errors import OptionError
from coin_xai.matching.cut_out import Frame
from coin_xai.optimisation.ranks import ALONE, Ranks
from coin_xai.photographs.background import Outline
from coin_xai.photographs.pixels import Pixels


def trainer_of(
    pixels: Pixels,
    options: TrainingOptions,
    *,
    device: torch.device,
    outlines: Sequence[Outline | None] | None = None,
    frames: Sequence[Frame] | None = None,
    ranks: Ranks = ALONE,
) -> Trainer:
    """Return a trainer of the options' kind with a fresh network; see `Trainer`.

    Raises:
        OptionError: that kind does not learn on several processes, or the options do not suit so many
            photographs.
    """
    require_processes(options, ranks.count)
    if options.trainer == "deepcluster-v2":
        return DeepClusterV2(pixels, options, device=device, outlines=outlines, frames=frames)
    return DeepCluster(pixels, options, device=device, outlines=outlines, frames=frames, ranks=ranks)


def require_processes(options: TrainingOptions, count: int) -> None:
    """Do nothing, if a training with these options can be done by so many processes.

    Raises:
        OptionError: it cannot; says why.
    """
    if count == 1:
        return
    if options.trainer != "deepcluster":
        raise OptionError(
            f"--processes {count} is for the trainer deepcluster, and this is {options.trainer}: leave it out"
        )
    gpus = torch.cuda.device_count()  # which leaves them alone
    if 0 < gpus < count:
        raise OptionError(f"--processes {count} needs a GPU each, and there are {gpus}: give at most {gpus}")


def algorithm_of(options: TrainingOptions) -> str:
    """Return the version of the trainer, which changes whenever the same input gives another partition."""
    if options.trainer == "deepcluster-v2":
        return deepcluster_v2.ALGORITHM_VERSION
    return training.ALGORITHM_VERSION
