"""The photographs at their full size, from the folder that a run was made of."""

import hashlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.errors import PhotographError
from coin_xai.photographs import decode
from storage import runs
from storage.layout import RunLayout


def originals(layout: RunLayout, coins: pd.DataFrame) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield the photographs of some coins (H x W x 3), one at a time, in their order.

    Args:
        layout: of the run.
        coins: with coin_id, path, sha256, width and height.

    Raises:
        MissingError: the folder is gone.
        PhotographError: a photograph is gone, or is not the one that was trained on; names it.
    """
    root = runs.source_of(layout).resolve()
    for coin in coins.to_dict("records"):
        file = root / coin["path"]
        if not file.resolve().is_relative_to(root):
            raise PhotographError(f"{coin['path']} leads out of {root}; run the study again")
        try:
            data = file.read_bytes()
        except OSError as error:
            raise PhotographError(
                f"the photograph of {coin['coin_id']} is not at {file} ({error.strerror}); put it back, "
                "or leave --full-size out"
            ) from error
        if hashlib.sha256(data).hexdigest() != coin["sha256"]:
            raise PhotographError(
                f"{file} is not the photograph of {coin['coin_id']} that the network saw; put that one back, "
                "or leave --full-size out"
            )
        shorter = min(int(coin["width"]), int(coin["height"]))
        yield decode(data, name=coin["path"], short_side_px=shorter).pixels
