"""Clusters made before anything is learnt, of coins whose parts match: found once a run."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.deepcluster.epoch import Metrics, partition_matching
from coin_xai.deepcluster.matching import MATCHING_PASSES, describe, matching_coins
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partition import Clustering
from coin_xai.deepcluster.spectral import embed, join
from coin_xai.pixels import Pixels


class Beforehand:
    """The clusters that a network is taught, where those do not depend on what it has learnt.

    Attributes:
        passes: how often each photograph is looked at to find them.
        neighbours: the coins that match each coin best, once they are found (N x count).
    """

    passes = MATCHING_PASSES

    def __init__(self, pixels: Pixels, options: TrainingOptions, *, device: torch.device) -> None:
        """Find nothing yet."""
        self.pixels, self.options, self.device = pixels, options, device
        self.neighbours: npt.NDArray[np.int64] | None = None
        self._found: tuple[Clustering, Metrics] | None = None

    @property
    def wanted(self) -> bool:
        """Whether the options ask for such clusters."""
        return self.options.clustering == "matching"

    @property
    def missing(self) -> bool:
        """Whether they are asked for and `find` has something to do."""
        return self.wanted and self.neighbours is None

    def find(self, *, advance: Callable[[int], None] = lambda _: None) -> None:
        """Find the coins whose parts match each coin's, once a run.

        Args:
            advance: called with the number of photographs done, `passes` times each.
        """
        if self.missing:
            cells = describe(self.pixels, centre_crop=self.options.centre_crop, advance=advance)
            self.neighbours = matching_coins(cells, device=self.device, advance=advance)

    def cluster(self) -> tuple[Clustering, Metrics]:
        """Return the clusters, the same in every epoch, and how much their seed matters."""
        if self._found is None:
            self.find()
            assert self.neighbours is not None
            gpu = self.device.type == "cuda"
            self._found = partition_matching(self.neighbours, self.options, gpu=gpu)
        return self._found

    def points(self, dimensions: int) -> npt.NDArray[np.float32]:
        """Return the places of the coins along the slowest modes of their graph (N x dimensions at most)."""
        self.find()
        assert self.neighbours is not None
        return embed(join(self.neighbours), min(dimensions, len(self.neighbours) - 1))

    def state(self) -> dict[str, Any]:
        """Return what a continuation need not find again."""
        return {"matching": None if self.neighbours is None else torch.from_numpy(self.neighbours)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state` returned; checkpoints of older versions do not hold it."""
        neighbours = state.get("matching")
        self.neighbours = None if neighbours is None else neighbours.numpy()
        self._found = None
