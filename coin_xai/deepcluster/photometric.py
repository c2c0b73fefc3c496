"""Varies what the photographer chose: where light falls off, contrast, tone and sharpness.

Colours stay as they are: they are the metal's.
"""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

LIGHT, CONTRAST, GAMMA, BLUR_PX = 0.4, 0.4, 0.4, 1.5
"""At full strength: how much light falls off towards a border, the logarithms of the greatest change of
contrast and of the exponent of tone, and the standard deviation of the strongest blur in pixels of a view."""


def vary_photometry(
    view: npt.NDArray[np.uint8], strength: float, *, generator: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Return a view (S x S x 3) as another studio would have shown it.

    Args:
        view: of a coin.
        strength: 0 changes nothing, 1 as much as good photographs of one coin differ.
        generator: of random numbers; as many are drawn whatever the strength.
    """
    angle, light, contrast, gamma, blur = generator.uniform(-1, 1, 5).tolist()
    size_px = view.shape[0]
    places = np.linspace(-1, 1, size_px, dtype=np.float32)
    across, down = math.cos(math.pi * angle) * places, math.sin(math.pi * angle) * places
    falls_off = 1 + np.float32(strength * LIGHT * light) * (across + down[:, None]) / np.float32(math.sqrt(2))
    lit = np.clip(view * falls_off[..., None], 0, 255).astype(np.uint8)
    toned = _curve(strength * CONTRAST * contrast, strength * GAMMA * gamma, middle=float(lit.mean()))[lit]
    if blur <= 0:  # half of the views stay as sharp as they are
        return toned
    blurred = Image.fromarray(toned).filter(ImageFilter.GaussianBlur(strength * BLUR_PX * blur))
    return np.asarray(blurred)


def _curve(contrast: float, gamma: float, *, middle: float) -> npt.NDArray[np.uint8]:
    """Return what each of the 256 tones becomes; the middle one keeps its place but for gamma."""
    tones = middle + math.exp(contrast) * (np.arange(256) - middle)
    curve: npt.NDArray[np.uint8] = np.rint(255 * (np.clip(tones, 0, 255) / 255) ** math.exp(gamma)).astype(
        np.uint8
    )
    return curve
