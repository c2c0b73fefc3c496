"""The coins as a network sees them that is shown coins alone: cut out once a run, and kept with it."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.common.blocks import by_blocks
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.cells import AT_ONCE
from coin_xai.matching.cut_out import SIZE_PX
from storage.atomic import replacing
from storage.inventory import Stamp, stamp
from storage.layout import RunLayout
from tasks.collection import usable_coins
from tasks.running.progress import stage

CutOut = npt.NDArray[np.uint8]


def keep_cut_outs(layout: RunLayout, coins: Aligned) -> None:
    """Keep the usable coins of a run as they are cut out, unless that is done (N x 128 x 128, grey).

    Args:
        layout: the run, whose lock is held.
        coins: its usable coins, where they lie.
    """
    if _kept(layout, len(coins)) is not None:
        return
    header = np.lib.format.header_data_from_array_1_0(np.empty((0, SIZE_PX, SIZE_PX), np.uint8))
    header["shape"] = (len(coins), SIZE_PX, SIZE_PX)
    # Some at a time: however many coins there are, few of them are in memory.
    with (
        stage("cut out coins", len(coins)) as advance,
        replacing(layout.cut_outs) as temporary,
        temporary.open("wb") as file,
    ):
        np.lib.format.write_array_header_1_0(file, header)
        for positions, cut in by_blocks(coins.cut_outs, len(coins), size=AT_ONCE):
            file.write(cut.tobytes())
            advance(len(positions))


def read_cut_outs(layout: RunLayout, coins: pd.DataFrame) -> Callable[[int], CutOut] | None:
    """Return what hands out the cut-out coin at each position; None where they have to be cut out again.

    Args:
        layout: the run.
        coins: some of its usable coins.
    """
    position = _positions(layout.root, stamp(layout.coins))
    kept = _kept(layout, len(position))
    if kept is None:
        return None
    rows = [position[coin_id] for coin_id in coins["coin_id"]]
    return lambda index: kept[rows[index]]


def _kept(layout: RunLayout, count: int) -> CutOut | None:
    """Return what is kept; None where it is of other coins, or cannot be read and must be made anew."""
    try:
        found: CutOut = np.load(layout.cut_outs, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return found if found.shape == (count, SIZE_PX, SIZE_PX) and found.dtype == np.uint8 else None


@lru_cache(maxsize=1)
def _positions(run: Path, _stamp: Stamp) -> dict[str, int]:
    """Return the row of each usable coin, looked up once, however many chunks ask."""
    return {str(coin_id): row for row, coin_id in enumerate(usable_coins(RunLayout(run))["coin_id"])}
