"""What the coins of a collection have in common, such as a cross, and each coin without it."""

import numpy as np
import numpy.typing as npt

from coin_xai.matching.cells import fading_to_the_rim
from coin_xai.matching.windows import CELLS

Floats = npt.NDArray[np.float32]


def common_of(cells: Floats, seen: Floats) -> Floats:
    """Return the mean of the coins that show a cell (16 x 16 x 9)."""
    common: Floats = cells.sum(axis=0) / (seen.sum(axis=0)[..., None] + 1e-6)
    return common


def without_common(cells: Floats, seen: Floats, common: Floats) -> Floats:
    """Take off what each coin shows of the mean, and of its level, in place; cells fade towards the rim.

    A worn coin shows a cross less than others do. If the same were taken off each, all worn coins would have
    the missing rest of it in common.
    """
    fading = fading_to_the_rim(CELLS)[..., None]
    for one, visible in zip(cells, seen, strict=True):
        level = np.broadcast_to(visible[..., None], one.shape) * fading
        pattern = _less(common * level, level)
        one[:] = _less(_less(one * fading, level), pattern)
    return cells


def _less(cells: Floats, pattern: Floats) -> Floats:
    """Return the cells of a coin without what is along a pattern."""
    rest: Floats = cells - pattern * ((cells * pattern).sum() / ((pattern**2).sum() + 1e-6))
    return rest
