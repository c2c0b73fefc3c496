"""The camera: lens blur, exposure, tone curve, sensor noise, eight bits."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from coin_xai.mint.noise import Field, white


@dataclass(frozen=True)
class Camera:
    """How one photograph was taken and developed.

    Args:
        blur_px: standard deviation of the lens blur in pixels of this photograph.
        noise: standard deviation of the sensor noise, in shares of full white.
        exposure: factor on the light.
        contrast: steepness of the tone curve in the middle, 1 neutral.
        warmth: colour cast, -1 bluish to 1 yellowish.
        monochrome: True for photographs without colour.
    """

    blur_px: float
    noise: float
    exposure: float
    contrast: float
    warmth: float
    monochrome: bool


def expose(generator: np.random.Generator, scene: Field, camera: Camera) -> NDArray[np.uint8]:
    """Return the photograph of a scene, H x W x 3.

    Args:
        generator: the coin's stream for sensor noise.
        scene: linear light, H x W x 3, 0 to about 1 and above in highlights.
        camera: the settings.
    """
    light = scene
    if camera.monochrome:
        light = (scene @ np.array([0.3, 0.59, 0.11], dtype=np.float32))[..., None]
    if camera.blur_px > 0:
        for axis in (0, 1):
            light = gaussian_filter1d(light, camera.blur_px, axis=axis, truncate=3.0)
    # Film and sensors compress highlights; below the shoulder the curve is nearly straight.
    light = np.maximum(light, 0) * np.float32(camera.exposure)
    light = light * (1 + light * np.float32(0.3)) / (1 + light * np.float32(0.36))
    value = np.minimum(light, 1.0) ** np.float32(1 / 1.8)
    value = value + np.float32(camera.contrast - 1) * value * (1 - value) * (2 * value - 1) * 2
    value = value + np.float32(camera.noise) * white(generator, (*value.shape[:2], 1))
    if not camera.monochrome:
        cast = np.array([1 + 0.05 * camera.warmth, 1.0, 1 - 0.08 * camera.warmth], dtype=np.float32)
        value = value * cast
    levels = (np.clip(value, 0, 1) * 255 + np.float32(0.5)).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(levels, (*levels.shape[:2], 3)))
