"""The coins of a chunk as claims see them: what the network is shown, the flan in it, and its parts."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.claims.groundwork import Groundwork, flan_in, look, look_at
from coin_xai.claims.options import PartsModel
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.networks.names import ALIGNED
from coin_xai.photographs.flan import find_whole_flan
from coin_xai.photographs.square import Square, centre_square_of
from storage.layout import RunLayout
from tasks.claims.marked import MarkedParts, names_of
from tasks.collection import open_pixels
from tasks.photographs.frames import read_frames
from tasks.photographs.outlines import open_shown

Mask = npt.NDArray[np.bool_]
FIGURES = ("angle_deg", "relief", "completeness", "richness")


class SeenCoins(NamedTuple):
    """Some coins.

    Attributes:
        squares: as the network is shown them (n x 3 x S x S).
        groundwork: of each coin.
        table: one row a coin: coin_id, and FIGURES of its groundwork; where a table gives the parts, `parts`
            as well, their names with | between.
    """

    squares: npt.NDArray[np.uint8]
    groundwork: list[Groundwork]
    table: pd.DataFrame


def see_coins(
    layout: RunLayout,
    coins: pd.DataFrame,
    options: TrainingOptions,
    *,
    size_px: int,
    model: PartsModel,
    marked: MarkedParts | None = None,
) -> SeenCoins:
    """Look at some coins of a run.

    Args:
        layout: the run.
        coins: some of its coins.
        options: how its network was trained.
        size_px: side of the square that the network takes.
        model: the parts to divide coins into.
        marked: the parts that a table gives, where the model is `table`; without it, none are known.
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
        height, width = photograph.shape[:2]
        flan = None if mask is None else flan_in(mask, square, (height, width), size_px=size_px)
        grey, named = squares[position].mean(axis=0), {}
        if model == "table":
            areas = marked.on(coin_id, (height, width), square, size_px=size_px) if marked else {}
            known = look_at(grey, flan, areas)
            named = {"parts": names_of(known.parts)}
        else:
            known = look(grey, flan, model)
        groundwork.append(known)
        rows.append({"coin_id": coin_id, **{name: getattr(known, name) for name in FIGURES}, **named})
    return SeenCoins(squares, groundwork, pd.DataFrame(rows))


def _places(
    layout: RunLayout, coins: pd.DataFrame, options: TrainingOptions
) -> list[tuple[Square | None, Mask | None]]:
    """Return the square and mask of each coin, where the run keeps them."""
    if options.network not in ALIGNED:
        return [(None, None)] * len(coins)
    return [(frame, frame.mask) for frame in read_frames(layout, coins)]
