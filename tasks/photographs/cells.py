"""What the parts of each coin are compared by: described once a run, and kept with it."""

from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.common.device import best_device
from coin_xai.deepcluster.fixed_clusters import FixedClusters
from coin_xai.matching.aligned import Aligned
from storage.atomic import replacing
from storage.errors import MissingError
from storage.layout import RunLayout
from storage.lock import holding
from tasks.collection import open_pixels, training_of, usable_coins
from tasks.photographs.cut_outs import read_cut_outs
from tasks.photographs.frames import read_frames
from tasks.photographs.pretrained_maps import described_with, forget, see_once
from tasks.running.progress import stage

LONGEST_DESCRIBING_S = 24 * 3600.0
"""How long a process waits for another one that describes the coins of the same run."""

Cells = npt.NDArray[np.float32]


def keep_cells(layout: RunLayout, cells: Cells) -> None:
    """Write the cells of the usable coins of a run (N x 16 x 16 x c), unless they are written."""
    if _kept(layout, len(cells)) is None:
        with replacing(layout.cells) as temporary:
            np.save(temporary, cells, allow_pickle=False)


def describe_again(layout: RunLayout) -> None:
    """Make sure that the cells of a run are there; they are the same whoever describes the coins.

    Raises:
        MissingError: nobody has found where the coins lie.
        OptionError: coins were described by a network that is not installed here.
    """
    coins = usable_coins(layout)
    if _kept(layout, len(coins)) is not None:
        return
    with holding(layout.cells.with_suffix(".lock"), patience_s=LONGEST_DESCRIBING_S):
        if _kept(layout, len(coins)) is None:
            _describe(layout, coins)


def _describe(layout: RunLayout, coins: pd.DataFrame) -> None:
    options, pixels = training_of(layout), open_pixels(layout, coins)
    clusters = FixedClusters(pixels, options, device=best_device(), frames=read_frames(layout, coins))
    clusters.aligned = Aligned(pixels, clusters.find_frames(), cut_out=read_cut_outs(layout, coins))
    clusters.see = partial(see_once, layout, weights=described_with(layout))
    keep_cells(layout, clusters.describe(stage=stage))
    forget(layout)


def read_cells(layout: RunLayout, count: int) -> Cells:
    """Return the cells of the usable coins of a run, mapped into memory (N x 16 x 16 x c).

    Raises:
        MissingError: they are not there, or not those of so many coins.
    """
    found = _kept(layout, count)
    if found is None:
        raise MissingError(
            f"{layout.cells} is not there or holds other coins; explain the whole run again, which makes it"
        )
    return found


def _kept(layout: RunLayout, count: int) -> Cells | None:
    """Return what is kept; None where it is of other coins, or cannot be read and must be made anew."""
    try:
        found: Cells = np.load(layout.cells, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found if len(found) == count else None
