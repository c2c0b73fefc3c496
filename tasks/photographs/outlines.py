"""Where the coins lie in their photographs: found once a run, kept with it, and what the network is shown."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.matching.aligned import Aligned
from coin_xai.networks.names import ALIGNED
from coin_xai.photographs.background import Outline, WithoutBackground, find_outlines
from coin_xai.photographs.pixels import Pixels
from storage.atomic import write_frame
from storage.inventory import Stamp, stamp
from storage.layout import RunLayout
from storage.tables import read_frame
from tasks.collection import open_pixels
from tasks.photographs.cut_outs import read_cut_outs
from tasks.photographs.frames import FIND_AGAIN, of_coins, read_frames
from tasks.running.progress import stage

Outlines = list[Outline | None]


def keep_outlines(layout: RunLayout, coins: pd.DataFrame, pixels: Pixels) -> Outlines:
    """Return the outline of each coin, looked for and kept if nobody did before; the run's lock is held.

    Args:
        layout: the run.
        coins: its usable coins.
        pixels: of these coins.
    """
    if layout.outlines.exists():
        return read_outlines(layout, coins)
    with stage("find coins", len(coins)) as advance:
        outlines = find_outlines(pixels, advance=advance)
    corners = [None if outline is None else outline.ravel().tolist() for outline in outlines]
    write_frame(layout.outlines, pd.DataFrame({"coin_id": coins["coin_id"], "outline": corners}))
    return outlines


def read_outlines(layout: RunLayout, coins: pd.DataFrame) -> Outlines:
    """Return the outlines of some coins, in their order.

    Raises:
        MissingError: nobody has found them.
        DamagedError: the table of outlines cannot be read, or lacks a coin.
    """
    file = layout.outlines
    return of_coins(file, _by_coin(file, stamp(file) if file.exists() else None), coins)


def open_shown(layout: RunLayout, coins: pd.DataFrame, options: TrainingOptions) -> Pixels:
    """Return the pixels of some coins, in their order, as the network is shown them."""
    pixels = open_pixels(layout, coins)
    if options.network in ALIGNED:
        return Aligned(pixels, read_frames(layout, coins), cut_out=read_cut_outs(layout, coins))
    return pixels if options.background == "keep" else WithoutBackground(pixels, read_outlines(layout, coins))


@lru_cache(maxsize=1)
def _by_coin(path: Path, _stamp: Stamp | None) -> dict[str, Outline | None]:
    """Read the outlines once, however many chunks ask."""
    table = read_frame(path, ["coin_id", "outline"], remedy=FIND_AGAIN)
    corners = (
        None if flat is None else np.asarray(flat, dtype=np.float32).reshape(-1, 2)
        for flat in table["outline"]
    )
    return dict(zip(table["coin_id"], corners, strict=True))
