"""The photographs at their full size, from the folder that a run was made of."""

import hashlib

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.errors import PhotographError
from coin_xai.photographs.photograph import decode
from storage import runs
from storage.layout import RunLayout


class Originals:
    """The photographs of some coins, in their order; each is read and decoded when it is asked for."""

    def __init__(self, layout: RunLayout, coins: pd.DataFrame) -> None:
        """Find the folder.

        Args:
            layout: of the run.
            coins: with coin_id, path, sha256, width and height.

        Raises:
            MissingError: the folder is gone.
        """
        self._root = runs.source_of(layout).resolve()
        self._coins = coins[["coin_id", "path", "sha256", "width", "height"]].to_dict("records")

    def __getitem__(self, position: int) -> npt.NDArray[np.uint8]:
        """Return a photograph (H x W x 3).

        Raises:
            PhotographError: it is gone, or is not the one that was trained on; names it.
        """
        coin = self._coins[position]
        file = self._root / coin["path"]
        if not file.resolve().is_relative_to(self._root):
            raise PhotographError(f"{coin['path']} leads out of {self._root}; run the study again")
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
        return decode(data, name=coin["path"], short_side_px=shorter).pixels
