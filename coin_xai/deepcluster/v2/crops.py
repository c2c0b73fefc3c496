"""Several random views of each photograph: two large ones, and some of a part of the coin."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_xai.common.prefetch import prefetch
from coin_xai.common.random_streams import stream
from coin_xai.deepcluster.augmentation import augment
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.train_epoch import batches
from coin_xai.networks import Network
from coin_xai.photographs.pixels import Pixels

LARGE = 2
SMALLEST_PART, LARGEST_PART = 0.15, 0.4
"""Shares of the photograph's area that small crops show; of the published 5 % little is left of a motif."""


@dataclass(frozen=True, eq=False)
class Crops:
    """Views of some photographs (n), of the sides that a network takes.

    Attributes:
        positions: of the photographs (n).
        large: n x 2 x 3 x S x S, uint8.
        small: n x s x 3 x S' x S', uint8.
    """

    positions: npt.NDArray[np.int64]
    large: npt.NDArray[np.uint8]
    small: npt.NDArray[np.uint8]


class Passes:
    """Every photograph once a pass, in batches of an order drawn for the pass, and none twice in a batch.

    Each photograph has a stream of its own in each pass, so that it does not matter who prepares it and when.
    """

    def __init__(
        self, pixels: Pixels, options: TrainingOptions, network: Network, *, purpose: str, epoch: int
    ) -> None:
        """Draw the orders.

        Args:
            pixels: the photographs (N).
            options: how to vary them, how many small crops to make, and how often.
            network: that looks at them.
            purpose: names the streams of random numbers, as the epoch does.
            epoch: of the training.
        """
        self.pixels, self.options = pixels, options
        self.whole_px, self.part_px = network.input_size_px, network.small_crop_px
        self.stream = (options.seed, purpose, epoch)
        self.batches = [
            (passage, order[numbers])
            for passage in range(options.passes)
            for order in [
                stream(options.seed, f"order of {purpose}", epoch, passage).permutation(len(pixels))
            ]
            for numbers in batches(len(pixels), options.batch)
        ]

    def __len__(self) -> int:
        return len(self.batches)

    def crops(self, *, workers: int) -> Iterator[Crops]:
        """Yield the views batch by batch, the next ones prepared in so many threads."""
        yield from prefetch(self._vary, self.batches, workers=workers)

    def _vary(self, batch: tuple[int, npt.NDArray[np.int64]]) -> Crops:
        (passage, positions), varied = batch, self.options.augmentation
        of_parts = varied.model_copy(update={"crop_scale_min": SMALLEST_PART})
        large = np.empty((len(positions), LARGE, 3, self.whole_px, self.whole_px), dtype=np.uint8)
        small = np.empty(
            (len(positions), self.options.small_crops, 3, self.part_px, self.part_px), dtype=np.uint8
        )
        for row, position in enumerate(positions):
            photograph = self.pixels[int(position)]
            draw = stream(*self.stream, passage, int(position))
            for view in range(LARGE):
                large[row, view] = augment(photograph, varied, size_px=self.whole_px, generator=draw)
            for view in range(self.options.small_crops):
                small[row, view] = augment(
                    photograph, of_parts, size_px=self.part_px, generator=draw, largest_crop=LARGEST_PART
                )
        return Crops(positions, large, small)
