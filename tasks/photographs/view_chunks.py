"""What some coins show by themselves, as arrays in files, and whether these are what they should be.

Anybody may have changed the files of a run, so no array is trusted before its type and its shape are known.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from coin_xai.matching.alignment import Found
from coin_xai.matching.cut_out import Frame
from coin_xai.matching.views import Turned

Kind = Literal["found", "turned"]
Arrays = dict[str, npt.NDArray[Any]]
"""Something of each coin, by name."""

ANY_LENGTH = -1
EXPECTED: dict[Kind, dict[str, tuple[type[np.generic], tuple[int, ...]]]] = {
    "found": {
        "cells": (np.float16, (32, 32, 9)),
        "masks": (np.uint8, (ANY_LENGTH,)),
        "places": (np.float64, (3,)),
        "seen": (np.float16, (32, 32)),
        "shapes": (np.int64, (2,)),
    },
    "turned": {"cells": (np.float32, (3, 16, 16, 9)), "seen": (np.float32, (3, 16, 16))},
}
"""The type of each array, and its shape but for the number of coins."""


def files_of(kind: Kind) -> set[str]:
    """Return the names of the files, one for each array."""
    return {f"{name}.npy" for name in EXPECTED[kind]}


def read_arrays(folder: Path, kind: Kind, count: int) -> Arrays:
    """Return what a folder holds of so many coins; no file stays open.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file holds something else.
    """
    arrays: Arrays = {}
    for name in EXPECTED[kind]:
        with (folder / f"{name}.npy").open("rb") as file:
            arrays[name] = np.lib.format.read_array(file, allow_pickle=False)
    require_expected(arrays, kind, count)
    return arrays


def require_expected(arrays: Arrays, kind: Kind, count: int) -> None:
    """Check that arrays are those of so many coins.

    Raises:
        ValueError: one is missing or too many, or is of another type or shape.
    """
    expected = EXPECTED[kind]
    if arrays.keys() != expected.keys():
        raise ValueError(f"{sorted(arrays)} instead of {sorted(expected)}")
    for name, (dtype, shape) in expected.items():
        array = arrays[name]
        fits = len(array.shape) == 1 + len(shape) and all(
            wanted in (ANY_LENGTH, length)
            for wanted, length in zip((count, *shape), array.shape, strict=True)
        )
        if array.dtype != dtype or not fits:
            raise ValueError(
                f"{name}: {array.dtype} {array.shape} instead of {np.dtype(dtype)} {(count, *shape)}"
            )


def joined(parts: Sequence[tuple[Sequence[int], Arrays]], count: int) -> Arrays:
    """Return what parts tell of so many coins together; shorter masks are filled up with zeros.

    Args:
        parts: the rows of some coins among all, and what is told of them.
        count: how many coins there are.
    """
    whole: Arrays = {}
    for name, first in parts[0][1].items():
        longest = max(arrays[name].shape[-1] for _rows, arrays in parts)
        whole[name] = np.zeros((count, *first.shape[1:-1], longest), first.dtype)
        for rows, arrays in parts:
            whole[name][np.asarray(rows), ..., : arrays[name].shape[-1]] = arrays[name]
    return whole


def packed(found: Found) -> Arrays:
    """Return where flans lie and what is around them as arrays, masks bit by bit."""
    masks = [np.zeros((0, 0), bool) if frame.mask is None else frame.mask for frame in found.frames]
    bits = [np.packbits(mask) for mask in masks]
    rows = np.zeros((len(bits), max(map(len, bits))), np.uint8)
    for row, own in zip(rows, bits, strict=True):
        row[: len(own)] = own
    # Whole numbers, too, since those of coins that are looked at later need not be whole.
    places = np.array([(frame.left, frame.top, frame.side) for frame in found.frames], np.float64)
    shapes = np.array([mask.shape for mask in masks], np.int64)
    return {"cells": found.cells, "masks": rows, "places": places, "seen": found.seen, "shapes": shapes}


def unpacked(arrays: Arrays) -> Found:
    """Return what `packed` was given."""
    frames = []
    for place, shape, bits in zip(arrays["places"], arrays["shapes"], arrays["masks"], strict=True):
        size = int(shape.prod())
        mask = np.unpackbits(bits, count=size).reshape(shape).astype(bool) if size else None
        left, top, side = place.tolist()
        frames.append(Frame(left, top, side, mask=mask))
    return Found(frames, arrays["cells"], arrays["seen"])


def turned(arrays: Arrays) -> Turned:
    """Return what coins show in their frames."""
    return Turned(arrays["cells"], arrays["seen"])
