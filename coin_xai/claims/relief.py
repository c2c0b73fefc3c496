"""How much relief a coin has left, and how much stands on it, where nobody has graded or described it."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from coin_xai.claims.parts import CANTONS, HUB, Parts
from coin_xai.claims.pose import Pose

Floats = npt.NDArray[np.floating]

NEARBY = 0.03
"""Standard deviation, in shares of the side, of the window in which contrast is local."""
MOTIF_END = 0.8
"""Of the motif, in radii of the flan: beyond lie border and legend, which stand on poor coins as well."""
GRAIN = 0.01
"""Standard deviation, in the same shares, of the blur that leaves out grain before edges are measured."""
OCCUPIED = 0.45
"""Of thirty-three lines looked at on two issues of drawn coins the one that counted symbols best."""


def relief_of(grey: Floats, flan: Floats, pose: Pose) -> float:
    """Return the median local contrast of the motif, in shares of its lightness.

    Little of it stands for much wear, beside sharpness: a blurred photograph of a fresh coin has little too.

    Args:
        grey: the coin in a square, 0 to 255 (S x S).
        flan: which share of each pixel is coin (S x S).
        pose: of the coin.
    """
    size = len(grey)
    motif = _motif(pose, size) & (flan > 0.99)
    values = grey.astype(np.float64)
    mean = ndimage.gaussian_filter(values, NEARBY * size)
    spread = np.sqrt(np.maximum(ndimage.gaussian_filter(values**2, NEARBY * size) - mean**2, 0))
    return float(np.median(spread[motif] / np.maximum(mean[motif], 1))) if motif.any() else float("nan")


def _motif(pose: Pose, size: int) -> npt.NDArray[np.bool_]:
    """Return where the motif lies, whatever its parts (size x size)."""
    places = (np.arange(size) + 0.5) / size
    distance = np.hypot(places[None, :] - pose.across, places[:, None] - pose.down) / pose.radius
    ring: npt.NDArray[np.bool_] = (distance >= HUB) & (distance < MOTIF_END)
    return ring


def completeness_of(parts: Parts) -> float:
    """Return the share of the design, cross and cantons, that lies on the flan."""
    names = ("cross", *CANTONS) if "cross" in parts.visible else ("centre", "field", "legend")
    return float(np.mean([parts.visible[name] for name in names]))


def richness_of(grey: Floats, parts: Parts, pose: Pose) -> float:
    """Return how many cantons hold something: at least OCCUPIED as much relief as the fullest one.

    NaN for parts without all cantons, and for a coin of which no canton lies on the flan.

    Args:
        grey: the coin in a square (S x S).
        parts: of the coin.
        pose: of the coin in the same square.
    """
    if not {*CANTONS} <= {*parts.areas}:
        return float("nan")
    smooth = ndimage.gaussian_filter(grey.astype(np.float64), GRAIN * len(grey))
    edges = np.hypot(*np.gradient(smooth))
    inside = _motif(pose, len(grey))
    areas = [(parts.areas[name] > 0.5) & inside for name in CANTONS]
    held = np.array([edges[area].mean() for area in areas if area.any()])
    return float((held > OCCUPIED * held.max()).sum()) if len(held) else float("nan")
