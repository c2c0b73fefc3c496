"""Random views of a photograph: crop, turn, mirror, in one resampling."""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from coin_xai.deepcluster.options import Augmentation
from coin_xai.deepcluster.photometric import vary_photometry

ASPECT_RATIOS = (3 / 4, 4 / 3)
ATTEMPTS = 10


def augment(
    photograph: npt.NDArray[np.uint8],
    options: Augmentation,
    *,
    size_px: int,
    generator: np.random.Generator,
    largest_crop: float = 1.0,
) -> npt.NDArray[np.uint8]:
    """Return one random view of a photograph (H x W x 3) as 3 x size_px x size_px.

    Crop, rotation and mirror are one affine map and cost one bilinear resampling. Where a turned crop
    reaches over the border, the border is continued, so that no artificial corner appears.
    """
    height, width = photograph.shape[:2]
    left, top, box_width, box_height = _random_box(height, width, options, generator, largest_crop)
    angle = math.radians(generator.uniform(-options.rotation_deg, options.rotation_deg))
    mirror = -1.0 if options.flip and generator.random() < 0.5 else 1.0
    # From view coordinates in [-1, 1] to photograph coordinates in [-1, 1], turning in pixels, about the
    # centre of the crop. NumPy does all but the resampling: PyTorch would start threads for it, in the way of
    # those that learn.
    cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
    across = ((2 * np.arange(size_px, dtype=np.float32) + 1) / size_px - 1) * np.float32(mirror)
    down = ((2 * np.arange(size_px, dtype=np.float32) + 1) / size_px - 1)[:, None]
    grid = np.empty((1, size_px, size_px, 2), dtype=np.float32)
    grid[0, ..., 0] = (cos * box_width * across - sin * box_height * down + 2 * left + box_width) / width - 1
    grid[0, ..., 1] = (sin * box_width * across + cos * box_height * down + 2 * top + box_height) / height - 1
    source = torch.from_numpy(photograph.astype(np.float32)).permute(2, 0, 1)[None]
    view = F.grid_sample(
        source, torch.from_numpy(grid), mode="bilinear", padding_mode="border", align_corners=False
    )
    rounded: npt.NDArray[np.uint8] = np.rint(view[0].numpy()).astype(np.uint8)
    if options.studio == 0:
        return rounded
    shown = np.ascontiguousarray(rounded.transpose(1, 2, 0))
    return vary_photometry(shown, options.studio, generator=generator).transpose(2, 0, 1)


def _random_box(
    height: int,
    width: int,
    options: Augmentation,
    generator: np.random.Generator,
    largest: float = 1.0,
) -> tuple[float, float, float, float]:
    """Draw left, top, width and height of a crop, by area and aspect ratio as Inception training does."""
    for _ in range(ATTEMPTS):
        area = height * width * generator.uniform(options.crop_scale_min, largest)
        ratio = math.exp(generator.uniform(math.log(ASPECT_RATIOS[0]), math.log(ASPECT_RATIOS[1])))
        box_width, box_height = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if box_width <= width and box_height <= height:
            left = generator.uniform(0, width - box_width)
            top = generator.uniform(0, height - box_height)
            return left, top, box_width, box_height
    # As torchvision does when no draw fits: the largest central crop of an allowed aspect ratio.
    box_width = min(width, height * ASPECT_RATIOS[1])
    box_height = min(height, width / ASPECT_RATIOS[0])
    return (width - box_width) / 2, (height - box_height) / 2, box_width, box_height
