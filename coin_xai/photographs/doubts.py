"""What speaks against a photograph that can be read all the same."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from coin_xai.photographs.photograph import FORMATS
from coin_xai.photographs.pillow_warnings import without_pillow_warnings

FEWEST_PIXELS = 32
SEVERAL = "the first of several pictures in its file"
TINY = f"fewer than {FEWEST_PIXELS} pixels high or wide"
BLANK = "blank, all of it has one colour"
DOUBTS = (SEVERAL, TINY, BLANK)


def doubts(data: bytes, pixels: npt.NDArray[np.uint8], *, width: int, height: int) -> list[str]:
    """Return which of DOUBTS there are about a photograph.

    Args:
        data: content of its file, which `decode` has taken.
        pixels: as decoded (H x W x 3).
        width: width of the original, in pixels.
        height: height of the original, in pixels.
    """
    blank = bool((pixels == pixels[0, 0]).all())
    found = zip(DOUBTS, (_has_several(data), min(width, height) < FEWEST_PIXELS, blank), strict=True)
    return [doubt for doubt, holds in found if holds]


def _has_several(data: bytes) -> bool:
    """Tell whether a file holds more pictures than the one that is taken: pages, or moments of a film."""
    with without_pillow_warnings(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.format == "MPO":  # a photograph of a telephone, with what it computed of it behind
            return False
        try:
            image.seek(1)
        except EOFError:
            return False
        # One that cannot be read is one, too.
        except Exception:
            return True
        return True
