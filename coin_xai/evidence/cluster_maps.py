"""The maps of a cluster taken together: their mean, and how it falls from the centre to the rim."""

import numpy as np
import numpy.typing as npt

RINGS = 6
FARTHEST = 0.08
"""From the middle of a coin to that of its cluster's: about a cell of the maps that go with it."""
MOST_ENLARGED = 1.15
LEAST_ALIKE = 0.5
"""Share of a cluster that must lie alike; the mean of fewer is not the cluster's."""


def mean_map(maps: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the mean of the positive evidence of some coins, on one scale (N x h x w in, h x w out).

    Each map counts with its raw values, so a coin with a tenth of the evidence weighs a tenth.
    """
    mean: npt.NDArray[np.float64] = np.maximum(maps, 0).mean(axis=0, dtype=np.float64)
    return mean


def lying_alike(
    across: npt.NDArray[np.floating], down: npt.NDArray[np.floating], radius: npt.NDArray[np.floating]
) -> npt.NDArray[np.bool_]:
    """Return which coins of a cluster lie like most of them, so that one mean map says something of all (n).

    Where coins lie at other places or in other sizes, the mean of their maps shows no coin.

    Args:
        across, down: middle of each coin in its photograph, in shares of a side that all have (n).
        radius: of each coin, in the same shares; NaN where no coin was found, which lies like no other (n).

    Returns:
        All False where less than LEAST_ALIKE of the coins lie alike.
    """
    nowhere = np.zeros(len(radius), dtype=bool)
    if np.isnan(radius).all():
        return nowhere
    distance = np.hypot(across - np.nanmedian(across), down - np.nanmedian(down))
    enlarged = radius / np.nanmedian(radius)
    alike: npt.NDArray[np.bool_] = (
        (distance < FARTHEST) & (enlarged < MOST_ENLARGED) & (enlarged > 1 / MOST_ENLARGED)
    )
    return alike if alike.mean() >= LEAST_ALIKE else nowhere


def radial_profile(heat: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return the mean of a map (h x w) in rings of equal width, from the centre to the nearest edge (RINGS).

    The profile does not depend on how the coin was turned. What lies in the corners, beyond the last ring,
    is left out. A ring that is narrower than the cells of the map is interpolated.
    """
    height, width = heat.shape
    samples = 16 * RINGS
    radius = (np.arange(samples) + 0.5) / samples
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    y = (1 + radius[:, None] * np.sin(angle)) * height / 2 - 0.5
    x = (1 + radius[:, None] * np.cos(angle)) * width / 2 - 0.5
    values = _bilinear(heat.astype(np.float64), np.clip(y, 0, height - 1), np.clip(x, 0, width - 1))
    rings = values.mean(axis=1).reshape(RINGS, -1)
    weight = radius.reshape(RINGS, -1)  # a ring's outer part is longer than its inner part
    profile: npt.NDArray[np.float64] = (rings * weight).sum(axis=1) / weight.sum(axis=1)
    return profile


def _bilinear(
    heat: npt.NDArray[np.float64], y: npt.NDArray[np.float64], x: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    top = np.minimum(y.astype(np.int64), max(0, heat.shape[0] - 2))
    left = np.minimum(x.astype(np.int64), max(0, heat.shape[1] - 2))
    bottom, right = np.minimum(top + 1, heat.shape[0] - 1), np.minimum(left + 1, heat.shape[1] - 1)
    dy, dx = y - top, x - left
    upper = heat[top, left] * (1 - dx) + heat[top, right] * dx
    lower = heat[bottom, left] * (1 - dx) + heat[bottom, right] * dx
    blended: npt.NDArray[np.float64] = upper * (1 - dy) + lower * dy
    return blended
