"""What a photograph is like as a photograph: sharpness, lightness, saturation, framing, background.

Clusters that these foretell were made by the studio, not by the mint.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from coin_xai.colour import lab

MEASURES = ("sharpness", "lightness", "saturation", "framing", "background")

WINDOW_PX = 9
"""Width of the second blur that tells how sharp the first picture was; Crété's value is 9."""

REDUCED_PX = 64
"""Shorter side of the copy on which the coin is found."""

CORNER_SHARE = 0.08
SMALLEST_DIFFERENCE = 8.0
"""In CIELAB: less is noise of the background and compression."""

CLOSING_SHARE = 0.06
SMALLEST_FLAN = 0.02
"""Share of the frame below which what differs from the background is a speck and no coin."""


@dataclass(frozen=True)
class Quality:
    """Measures of one photograph.

    Attributes:
        sharpness: 1 - blur of Crété et al. 2007; 0 featureless, towards 1 sharp. The size of relief and
            contrast cancel out; an enlarged small file is rightly found blurred.
        lightness: median L* of the coin, 0 black to 100 white.
        saturation: median saturation C* / (C*² + L*²)^½ of the coin, 0 grey to 1.
        framing: share of the frame that the coin covers; NaN where no coin stands out from the background.
        background: median L* of the corners of the frame.
    """

    sharpness: float
    lightness: float
    saturation: float
    framing: float
    background: float


def measure(photograph: npt.NDArray[np.uint8]) -> Quality:
    """Measure a photograph (H x W x 3).

    Where no coin stands out, lightness and saturation are those of the whole frame.
    """
    grey = lab(photograph)[..., 0]
    colours = lab(_reduced(photograph))
    coin = _coin(colours)
    found = bool(coin.any())
    inside = colours[coin] if found else colours.reshape(-1, 3)
    chroma = np.hypot(inside[:, 1], inside[:, 2])
    size = np.hypot(chroma, inside[:, 0])
    saturation = np.divide(chroma, size, out=np.zeros_like(chroma), where=size > 0)
    return Quality(
        sharpness=sharpness(grey),
        lightness=float(np.median(inside[:, 0])),
        saturation=float(np.median(saturation)),
        framing=float(coin.mean()) if found else float("nan"),
        background=float(np.median(_ground(colours)[:, 0])),
    )


def sharpness(grey: npt.NDArray[np.floating]) -> float:
    """Return how much of the differences between neighbours a second blur takes away, 0 to 1.

    A picture that is blurred already loses little (Crété, Dolmiere, Ladret, Nicolas 2007, The blur effect).
    Of the two directions the more blurred one counts. A picture without any difference gives 0.
    """
    kept = []
    for axis in (0, 1):
        blurred = ndimage.uniform_filter1d(grey, WINDOW_PX, axis=axis, mode="nearest")
        before, after = np.abs(np.diff(grey, axis=axis)), np.abs(np.diff(blurred, axis=axis))
        total = before.sum()
        if total < 1e-9:
            return 0.0
        kept.append(float(np.maximum(0, before - after).sum() / total))
    return min(kept)


def _reduced(photograph: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return a smaller copy: where the coin is and what colours it has needs no detail, but time."""
    factor = max(1, min(photograph.shape[:2]) // REDUCED_PX)
    return np.asarray(Image.fromarray(photograph).reduce(factor))


def _coin(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Return where the coin is (H x W): the largest thing that differs from the corners, without holes."""
    ground = _ground(colours)
    centre = np.median(ground, axis=0)
    distance = np.linalg.norm(colours - centre, axis=-1)
    spread = float(np.percentile(np.linalg.norm(ground - centre, axis=-1), 75))
    differs = ndimage.median_filter(distance, 3) > max(SMALLEST_DIFFERENCE, 2 * spread)
    labels, count = ndimage.label(_closed(differs))
    if not count:
        return np.zeros(differs.shape, dtype=bool)
    sizes = np.bincount(labels.ravel())[1:]
    largest: npt.NDArray[np.bool_] = labels == 1 + sizes.argmax()
    if largest.mean() < SMALLEST_FLAN:
        return np.zeros(differs.shape, dtype=bool)
    return largest


def _closed(differs: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Bridge the gaps where a bright rim lies on a bright ground, and fill what is enclosed."""
    reach = max(1, round(CLOSING_SHARE * min(differs.shape)))
    # Distances do what a large round brush would, in a fraction of its time.
    padded = np.pad(differs, 2 * reach)
    grown = ndimage.distance_transform_edt(~padded) <= reach
    filled = ndimage.binary_fill_holes(grown)
    shrunk = ndimage.distance_transform_edt(filled) > reach
    closed: npt.NDArray[np.bool_] = (shrunk | padded)[2 * reach : -2 * reach, 2 * reach : -2 * reach]
    return closed


def _ground(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the pixels of the four corners (n x 3): a round coin leaves them free, however near it comes."""
    height, width = colours.shape[:2]
    side = max(1, round(CORNER_SHARE * min(height, width)))
    rows, columns = np.r_[:side, height - side : height], np.r_[:side, width - side : width]
    corners: npt.NDArray[np.float64] = colours[np.ix_(rows, columns)].reshape(-1, 3)
    return corners
