"""Where each coin lies when it is laid over the others: found once a run, and kept with it."""

from collections.abc import Hashable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.matching.cut_out import Frame
from coin_xai.networks.names import ALIGNED
from coin_xai.photographs.pixels import Pixels
from coin_xai.photographs.square import Square, centre_square_of
from storage.atomic import write_frame
from storage.errors import DamagedError
from storage.inventory import Stamp, stamp
from storage.layout import RunLayout
from storage.tables import read_frame

Found = TypeVar("Found")

COLUMNS = ("left", "top", "side", "turn_deg", "mask", "mask_width", "mask_height")
FIND_AGAIN = "train the run for one more epoch, which finds the coins anew"


def keep_frames(layout: RunLayout, coins: pd.DataFrame, frames: Sequence[Frame]) -> None:
    """Write where each coin lies, unless it is written; the run's lock is held.

    Args:
        layout: the run.
        coins: its usable coins.
        frames: of these coins.
    """
    if layout.frames.exists():
        return
    rows = [
        {
            "left": frame.left,
            "top": frame.top,
            "side": frame.side,
            "turn_deg": frame.turn_deg,
            "mask": None if frame.mask is None else np.packbits(frame.mask).tobytes(),
            "mask_width": 0 if frame.mask is None else frame.mask.shape[1],
            "mask_height": 0 if frame.mask is None else frame.mask.shape[0],
            "at_any_angle": frame.at_any_angle,
            "standing": frame.standing,
        }
        for frame in frames
    ]
    write_frame(layout.frames, pd.DataFrame(rows).assign(coin_id=coins["coin_id"].to_numpy()))


def read_frames(layout: RunLayout, coins: pd.DataFrame) -> list[Frame]:
    """Return where some coins lie, in their order.

    Raises:
        MissingError: nobody has found them.
        DamagedError: the table of frames cannot be read, or lacks a coin.
    """
    file = layout.frames
    return of_coins(file, _by_coin(file, stamp(file) if file.exists() else None), coins)


def of_coins(file: Path, known: Mapping[str, Found], coins: pd.DataFrame) -> list[Found]:
    """Return what a table of the run knows of some coins, in their order.

    Raises:
        DamagedError: it lacks a coin.
    """
    lacking = [coin_id for coin_id in coins["coin_id"] if coin_id not in known]
    if lacking:
        raise DamagedError(f"{file} lacks {', '.join(lacking[:5])}; remove it and {FIND_AGAIN}")
    return [known[coin_id] for coin_id in coins["coin_id"]]


def squares_of(
    layout: RunLayout, coins: pd.DataFrame, pixels: Pixels, options: TrainingOptions
) -> list[Square]:
    """Return which square of each photograph the network sees, in shares of the photograph's width.

    Args:
        layout: the run.
        coins: some of its coins (n).
        pixels: of these coins.
        options: how the network was trained.
    """
    if options.network in ALIGNED:
        squares: Sequence[Square] = read_frames(layout, coins)
    else:
        sizes = zip(pixels.height.tolist(), pixels.width.tolist(), strict=True)
        squares = [centre_square_of(height, width, crop=options.centre_crop) for height, width in sizes]
    return [square.enlarged(1 / width) for square, width in zip(squares, pixels.width.tolist(), strict=True)]


def compared_squares_of(layout: RunLayout, coins: pd.DataFrame, pixels: Pixels) -> list[Square] | None:
    """Return which square of each photograph was compared with those of other coins, in shares of its width.

    Args:
        layout: the run.
        coins: some of its coins (n).
        pixels: of these coins.

    Returns:
        None where coins were not laid over each other.
    """
    if not layout.frames.exists():
        return None
    frames = zip(read_frames(layout, coins), pixels.width.tolist(), strict=True)
    return [frame.enlarged(1 / width) for frame, width in frames]


@lru_cache(maxsize=1)
def _by_coin(path: Path, _stamp: Stamp | None) -> dict[str, Frame]:
    """Read the frames once, however many chunks ask."""
    table = read_frame(path, remedy=FIND_AGAIN)
    lacking = {"coin_id", *COLUMNS} - {*table}
    if lacking:
        raise DamagedError(f"{path} lacks {', '.join(sorted(lacking))}; {FIND_AGAIN}")
    return {str(row["coin_id"]): _frame(row) for row in table.to_dict("records")}


def _frame(row: Mapping[Hashable, Any]) -> Frame:
    mask, height, width = None, int(row["mask_height"]), int(row["mask_width"])
    if height * width:
        bits = np.unpackbits(np.frombuffer(row["mask"], np.uint8), count=height * width)
        mask = bits.reshape(height, width).astype(bool)
    left, top, side, turn_deg = (float(row[name]) for name in ("left", "top", "side", "turn_deg"))
    standing = row.get("standing")  # not in runs that were begun before coins were asked how they lie
    return Frame(
        left,
        top,
        side,
        turn_deg,
        mask=mask,
        at_any_angle=bool(row.get("at_any_angle", False)),
        standing=None if standing is None or np.isnan(standing) else float(standing),
    )
