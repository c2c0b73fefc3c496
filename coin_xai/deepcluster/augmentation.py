"""Random views of a photograph: crop, turn, mirror, in one resampling."""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F

from coin_xai.deepcluster.options import Augmentation

ASPECT_RATIOS = (3 / 4, 4 / 3)
ATTEMPTS = 10


def augment(
    photograph: npt.NDArray[np.uint8], options: Augmentation, *, size_px: int, generator: np.random.Generator
) -> torch.Tensor:
    """Return one random view of a photograph (H x W x 3) as uint8 (3 x size_px x size_px).

    Crop, rotation and mirror are one affine map and cost one bilinear resampling. Where a turned crop
    reaches over the border, the border is continued, so that no artificial corner appears.
    """
    height, width = photograph.shape[:2]
    left, top, box_width, box_height = _random_box(height, width, options, generator)
    angle = math.radians(generator.uniform(-options.rotation_deg, options.rotation_deg))
    mirror = -1.0 if options.flip and generator.random() < 0.5 else 1.0
    # From view coordinates in [-1, 1] to photograph coordinates in [-1, 1], turning in pixels, about the
    # centre of the crop.
    cos, sin = math.cos(angle), math.sin(angle)
    affine = torch.tensor(
        [
            [
                mirror * cos * box_width / width,
                -sin * box_height / width,
                (2 * left + box_width) / width - 1,
            ],
            [
                mirror * sin * box_width / height,
                cos * box_height / height,
                (2 * top + box_height) / height - 1,
            ],
        ]
    )
    grid = F.affine_grid(affine[None], [1, 3, size_px, size_px], align_corners=False)
    # NumPy converts, because PyTorch would start threads for it, in the way of those that learn.
    source = torch.from_numpy(photograph.astype(np.float32)).permute(2, 0, 1)[None]
    view = F.grid_sample(source, grid, mode="bilinear", padding_mode="border", align_corners=False)
    return torch.from_numpy(np.rint(view[0].numpy()).astype(np.uint8))


def _random_box(
    height: int, width: int, options: Augmentation, generator: np.random.Generator
) -> tuple[float, float, float, float]:
    """Draw left, top, width and height of a crop, by area and aspect ratio as Inception training does."""
    for _ in range(ATTEMPTS):
        area = height * width * generator.uniform(options.crop_scale_min, 1.0)
        ratio = math.exp(generator.uniform(math.log(ASPECT_RATIOS[0]), math.log(ASPECT_RATIOS[1])))
        box_width, box_height = math.sqrt(area * ratio), math.sqrt(area / ratio)
        if box_width <= width and box_height <= height:
            left = generator.uniform(0, width - box_width)
            top = generator.uniform(0, height - box_height)
            return left, top, box_width, box_height
    side = min(height, width)
    return (width - side) / 2, (height - side) / 2, side, side
