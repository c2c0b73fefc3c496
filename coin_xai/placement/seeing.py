"""What a pretrained network sees in new coins, told in the numbers that known coins were described by.

Known coins keep components of what the network sees and not what these are made by (`joined`). But at each
cell they are the same linear function of the network's channels, less what all coins show there. So the
function is found again, by least squares, from known coins that the network looks at once more.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from coin_xai.matching.backbones.backbone import Maps
from coin_xai.matching.cells import fading_to_the_rim
from coin_xai.matching.hog import ORIENTATIONS
from coin_xai.matching.windows import CELLS

MOST_TO_FIT = 200
"""Known coins that are looked at once more; some hundred thousand equations for a hundred unknowns each."""
SMALLEST_FADING = 0.05
"""Of a cell that is asked: nearer to the corners nothing is kept that could tell."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Seeing:
    """How what a network sees becomes components.

    Attributes:
        directions: from channels to components (c x k).
        common: what all coins show at each cell (16 x 16 x k).
    """

    directions: Floats
    common: Floats

    @classmethod
    def fit(cls, maps: Maps, cells: Floats) -> Self:
        """Find it from known coins.

        Args:
            maps: what the network sees in some of them (n x 16 x 16 x c).
            cells: what these are compared by, edges and components (n x 16 x 16 x 9 + k).
        """
        shown = _shown(cells)
        fading = np.maximum(fading_to_the_rim(CELLS), SMALLEST_FADING)[..., None]
        kept = cells[..., ORIENTATIONS:] / fading
        seen = maps.astype(np.float32)
        count = np.maximum(shown.sum(axis=0), 1)[..., None]
        mean_seen, mean_kept = ((one * shown[..., None]).sum(axis=0) / count for one in (seen, kept))
        tells = shown & (fading_to_the_rim(CELLS) > SMALLEST_FADING)
        own, told = (seen - mean_seen)[tells], (kept - mean_kept)[tells]
        directions = np.linalg.lstsq(own.astype(np.float64), told.astype(np.float64), rcond=None)[0]
        found = directions.astype(np.float32)
        return cls(found, (mean_seen @ found - mean_kept).astype(np.float32))

    def join(self, maps: Maps, edges: Floats) -> Floats:
        """Return the cells of new coins with what the network sees at each (n x 16 x 16 x 9 + k).

        Args:
            maps: of the network (n x 16 x 16 x c).
            edges: cells of the same coins (n x 16 x 16 x 9).
        """
        seen = maps.astype(np.float32) @ self.directions - self.common
        seen *= (_shown(edges) * fading_to_the_rim(CELLS))[..., None]
        return np.concatenate([edges, seen], axis=-1)


def _shown(cells: Floats) -> npt.NDArray[np.bool_]:
    """Return which cells of which coins show something, as told by their edges (n x 16 x 16)."""
    return np.asarray((cells[..., :ORIENTATIONS] != 0).any(axis=-1))
