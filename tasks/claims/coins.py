"""The coins of a chunk as claims see them: what the network is shown, the flan in it, and its parts."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image

from coin_xai.claims.measurements import Groundwork
from coin_xai.claims.parts import PartsModel, parts_of
from coin_xai.claims.pose import Pose, lying, pose_of
from coin_xai.claims.relief import completeness_of, relief_of, richness_of
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.networks.names import ALIGNED
from coin_xai.photographs.flan import find_whole_flan
from coin_xai.photographs.pixels import CHANNELS
from coin_xai.photographs.square import Square, centre_square_of, cut
from storage.layout import RunLayout
from tasks.collection import open_pixels
from tasks.photographs.frames import read_frames
from tasks.photographs.outlines import open_shown

Mask = npt.NDArray[np.bool_]


class SeenCoins(NamedTuple):
    """Some coins.

    Attributes:
        squares: as the network is shown them (n x 3 x S x S).
        groundwork: of each coin.
        table: one row a coin: coin_id, pose, relief, completeness, richness; NaN where nothing is known.
    """

    squares: npt.NDArray[np.uint8]
    groundwork: list[Groundwork]
    table: pd.DataFrame


def see_coins(
    layout: RunLayout, coins: pd.DataFrame, options: TrainingOptions, *, size_px: int, model: PartsModel
) -> SeenCoins:
    """Look at some coins of a run.

    Args:
        layout: the run.
        coins: some of its coins.
        options: how its network was trained.
        size_px: side of the square that the network takes.
        model: the parts to divide coins into.
    """
    shown = open_shown(layout, coins, options)
    squares = shown.centre_squares(np.arange(len(shown)), size_px=size_px, crop=options.centre_crop)
    pixels, places = open_pixels(layout, coins), _places(layout, coins, options)
    groundwork, rows = [], []
    for position, coin_id in enumerate(coins["coin_id"]):
        square, mask = places[position]
        photograph = pixels[position]
        if square is None:
            found = find_whole_flan(photograph)
            square = centre_square_of(*photograph.shape[:2], crop=options.centre_crop)
            mask = None if found is None else found.mask
        flan = None if mask is None else _flan(mask, square, photograph.shape[:2], size_px)
        known, row = _look(squares[position].mean(axis=0), flan, model)
        groundwork.append(known)
        rows.append({"coin_id": coin_id, **row})
    return SeenCoins(squares, groundwork, pd.DataFrame(rows))


def _places(
    layout: RunLayout, coins: pd.DataFrame, options: TrainingOptions
) -> list[tuple[Square | None, Mask | None]]:
    """Return the square and mask of each coin, where the run keeps them."""
    if options.network not in ALIGNED:
        return [(None, None)] * len(coins)
    return [(frame, frame.mask) for frame in read_frames(layout, coins)]


def _flan(mask: Mask, square: Square, shape: tuple[int, int], size_px: int) -> npt.NDArray[np.float32]:
    """Return which share of each pixel of the square is coin (size_px x size_px)."""
    whole = np.asarray(Image.fromarray((255 * mask).astype(np.uint8)).resize(shape[::-1]))
    seen = cut(np.repeat(whole[..., None], CHANNELS, axis=2), square, size_px=size_px)
    share: npt.NDArray[np.float32] = seen[..., 0].astype(np.float32) / np.float32(255)
    return share


def _look(
    grey: npt.NDArray[np.floating], flan: npt.NDArray[np.float32] | None, model: PartsModel
) -> tuple[Groundwork, dict[str, float]]:
    row = dict.fromkeys(("angle_deg", "legibility", "relief", "completeness", "richness"), float("nan"))
    pose = None if flan is None else _pose(grey, flan, model)
    if pose is None or flan is None:
        return Groundwork(flan, None), row
    row |= {"angle_deg": pose.angle_deg, "legibility": pose.legibility}
    parts = parts_of(flan, pose, model)
    row |= {
        "relief": relief_of(grey, flan, pose),
        "completeness": completeness_of(parts),
        "richness": richness_of(grey, parts),
    }
    return Groundwork(flan, parts), row


def _pose(grey: npt.NDArray[np.floating], flan: npt.NDArray[np.float32], model: PartsModel) -> Pose | None:
    """Return how a coin stands; None where nothing says where its parts are."""
    if model == "radial":
        return lying(flan)
    pose = pose_of(grey, flan)
    return pose if pose is not None and pose.legible else None
