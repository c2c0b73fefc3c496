"""What a photograph is like as a photograph: sharpness, lightness, saturation, framing, background.

Clusters that these foretell were made by the studio, not by the mint.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from coin_xai.photographs.colour import lab, lightness
from coin_xai.photographs.flan import corners_of, find_flan, reduce

MEASURES = ("sharpness", "lightness", "saturation", "framing", "background")

WINDOW_PX = 9
"""Width of the second blur that tells how sharp the first picture was; Crété's value is 9."""


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
        across, down: from the middle of the frame to that of the coin, to the right and down, in shares of
            the shorter side of the frame; NaN where no coin stands out.
        radius: of the disc of the coin's area, in the same shares; NaN likewise.
    """

    sharpness: float
    lightness: float
    saturation: float
    framing: float
    background: float
    across: float
    down: float
    radius: float


def measure(photograph: npt.NDArray[np.uint8]) -> Quality:
    """Measure a photograph (H x W x 3).

    Where no coin stands out, lightness and saturation are those of the whole frame.
    """
    grey = lightness(photograph)
    colours = lab(reduce(photograph))
    coin = find_flan(colours)
    found = bool(coin.any())
    inside = colours[coin] if found else colours.reshape(-1, 3)
    chroma = np.hypot(inside[:, 1], inside[:, 2])
    size = np.hypot(chroma, inside[:, 0])
    across, down, radius = _place(coin)
    saturation = np.divide(chroma, size, out=np.zeros_like(chroma), where=size > 0)
    return Quality(
        sharpness=sharpness(grey),
        lightness=float(np.median(inside[:, 0])),
        saturation=float(np.median(saturation)),
        framing=float(coin.mean()) if found else float("nan"),
        background=float(np.median(corners_of(colours)[:, 0])),
        across=across,
        down=down,
        radius=radius,
    )


def _place(coin: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    if not coin.any():
        return math.nan, math.nan, math.nan
    height, width = coin.shape
    down, across = np.nonzero(coin)
    shorter = min(height, width)
    return (
        float(across.mean() + 0.5 - width / 2) / shorter,
        float(down.mean() + 0.5 - height / 2) / shorter,
        math.sqrt(len(down) / math.pi) / shorter,
    )


def sharpness(grey: npt.NDArray[np.floating]) -> float:
    """Return how much of the differences between neighbours a second blur takes away, 0 to 1.

    A picture that is blurred already loses little (Crété, Dolmiere, Ladret, Nicolas 2007, The blur effect).
    Of the two directions the more blurred one counts. A picture without any difference gives 0.
    """
    kept = []
    for lines in (np.ascontiguousarray(grey.T), grey):  # along a line both take a third of the time
        blurred = ndimage.uniform_filter1d(lines, WINDOW_PX, axis=1, mode="nearest")
        before, after = np.abs(np.diff(lines, axis=1)), np.abs(np.diff(blurred, axis=1))
        total = before.sum(dtype=np.float64)
        if total < 1e-9:
            return 0.0
        kept.append(float(np.maximum(0, before - after).sum(dtype=np.float64) / total))
    return min(kept)
