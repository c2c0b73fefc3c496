"""What scores lose where something is missing from a coin, and gain where some of it is shown."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import EllipsisType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from evidence_study import CANTONS, Maps, Studied, logits, squares
from training import decoded

from coin_xai.matching.aligned import Aligned
from coin_xai.matching.likeness import NEIGHBOURS, describe_in
from coin_xai.matching.windows import likeness_in
from coin_xai.mint.coin import strike
from coin_xai.mint.die import Bar, Die
from coin_xai.networks import ALIGNED
from coin_xai.photographs.pixels import Pixels
from storage.pictures import write_picture
from tasks.collection import usable_coins
from tasks.photographs.frames import read_frames

PATCHES = 4
"""Along a side of the square, of those that are made grey."""
PARTS = len(CANTONS) + 1
"""Of a design: its symbols, and the cross."""


def falls_by_patch(studied: Studied) -> Maps:
    """Return by how much the logit falls where a patch is made as grey as the coin's mean (coins x 16)."""
    given = squares(studied.shown, studied.network.input_size_px)
    whole = logits(studied.network, given, studied.class_index)
    grey = given.mean(axis=(2, 3), keepdims=True)
    falls = np.empty((len(given), PATCHES**2))
    for patch in range(PATCHES**2):
        hidden = given.copy()
        hidden[_of_patch(given, patch)] = grey
        falls[:, patch] = whole - logits(studied.network, hidden, studied.class_index)
    return falls


def _of_patch(given: npt.NDArray[np.uint8], patch: int) -> tuple[EllipsisType, slice, slice]:
    size = given.shape[-1] // PATCHES
    top, left = size * (patch // PATCHES), size * (patch % PATCHES)
    return ..., slice(top, top + size), slice(left, left + size)


def heat_by_patch(heat: Maps) -> Maps:
    """Return the heat in each of 4 x 4 patches, cells on a border divided between them (16)."""
    cells = len(heat)
    fine = np.repeat(np.repeat(heat, PATCHES, axis=0), PATCHES, axis=1)
    found: Maps = fine.reshape(PATCHES, cells, PATCHES, cells).sum(axis=(1, 3)).ravel()
    return found


def insertion(maps: Maps, studied: Studied, most: int) -> Maps:
    """Return the area under the curve of the logit while a grey coin is shown again, hottest patch first.

    The curve is 0 where all is grey and 1 where all is shown (Petsiuk et al. 2018, arXiv 1806.07421). Patches
    of equal heat come in an order drawn by chance.

    Args:
        maps: of all coins.
        studied: the issue.
        most: coins that are measured, the first ones.

    Returns:
        Areas (coins); NaN for the others, and where the whole coin has no greater logit than the grey one.
    """
    given, unit = squares(studied.shown, studied.network.input_size_px)[:most], studied.class_index[:most]
    by_chance = np.random.default_rng(0)
    order = np.stack(
        [
            np.lexsort((by_chance.random(PATCHES**2), -heat_by_patch(np.maximum(one, 0))))
            for one in maps[:most]
        ]
    )
    shown = np.broadcast_to(given.mean(axis=(2, 3), keepdims=True).astype(np.uint8), given.shape).copy()
    curve = [logits(studied.network, shown, unit)]
    for step in range(PATCHES**2):
        for coin, patch in enumerate(order[:, step]):
            place = _of_patch(given, int(patch))
            shown[coin][place] = given[coin][place]
        curve.append(logits(studied.network, shown, unit))
    heights = np.stack(curve)
    gain = heights[-1] - heights[0]
    areas = np.full(len(maps), np.nan)
    raised = gain > 0
    areas[:most][raised] = ((heights - heights[0]) / np.where(raised, gain, 1)).mean(axis=0)[raised]
    return areas


class Falls(NamedTuple):
    """By how much scores fall where a coin was struck without a part of its design (coins x PARTS each).

    NaN where there is no such part, or the coin is not among those that were drawn again.
    """

    of_logit: Maps
    of_likeness: Maps


def falls_by_part(studied: Studied, most: int) -> Falls:
    """Draw the first coins again, each without one part of its design, and ask both scores anew."""
    where, plans = [], []
    for position, coin in enumerate(studied.drawn[:most]):
        for part, die in _without_parts(coin.plan.die):
            where.append((position, part))
            plans.append(replace(coin.plan, die=die))
    rows = np.array([position for position, _ in where])
    falls = Falls(*(np.full((len(studied.drawn), PARTS), np.nan) for _ in Falls._fields))
    at = tuple(np.array(where).T)
    with tempfile.TemporaryDirectory() as scratch:
        whole = [Path(scratch) / f"whole-{row}.jpg" for row in range(len(studied.drawn))]
        without = [Path(scratch) / f"without-{number}.jpg" for number in range(len(plans))]
        for file, plan in zip(without, plans, strict=True):
            write_picture(file, strike(plan).photograph)
        changed = decoded(without)
        if studied.options.network not in ALIGNED:
            falls.of_logit[at] = _falls_of_logit(studied, changed, rows)
            return falls
        for file, coin in zip(whole, studied.drawn, strict=True):
            write_picture(file, coin.photograph)
        both = decoded([*whole, *without])
    frames = read_frames(studied.layout, usable_coins(studied.layout))
    here = [frames[row] for row in rows]  # where the whole coin lies
    falls.of_logit[at] = _falls_of_logit(studied, Aligned(changed, here), rows)
    cells = torch.from_numpy(describe_in(both, [*frames, *here]))
    for (row, part), own in zip(where, cells[len(frames) :], strict=True):
        falls.of_likeness[row, part] = _lead(studied, cells, cells[row], row) - _lead(
            studied, cells, own, row
        )
    return falls


def _without_parts(die: Die) -> Iterator[tuple[int, Die]]:
    """Yield the position of each part, and the die that was cut without it."""
    for stamp in die.stamps:
        yield stamp.canton - 1, replace(die, stamps=tuple(one for one in die.stamps if one is not stamp))

    def flat(bar: Bar) -> Bar:
        return replace(bar, height=0.0)

    yield (
        PARTS - 1,
        replace(die, horizontal=flat(die.horizontal), vertical=flat(die.vertical), boss=0.0),
    )


def _falls_of_logit(studied: Studied, changed: Pixels, rows: npt.NDArray[np.int64]) -> Maps:
    side, unit = studied.network.input_size_px, studied.class_index[rows]
    before = logits(studied.network, squares(studied.shown, side)[rows], unit)
    return before - logits(studied.network, squares(changed, side), unit)


def _lead(studied: Studied, cells: torch.Tensor, own: torch.Tensor, row: int) -> float:
    """Return how much better a coin is found in its own cluster than in the nearest other one."""
    likeness = likeness_in(own[None], cells[: len(studied.drawn)])[0].numpy()
    assert studied.matched is not None
    cluster, rival = studied.class_index, studied.matched.other_cluster[row]
    likeness[row] = -np.inf

    def best(of: int) -> float:
        return float(np.sort(likeness[cluster == of])[-NEIGHBOURS:].mean())

    return best(int(cluster[row])) - best(int(rival))
