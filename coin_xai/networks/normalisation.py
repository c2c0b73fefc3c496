"""From pixels to what the networks take: float, per channel minus mean, divided by deviation."""

import torch
from torch import Tensor

# Of the ImageNet photographs; every published DeepCluster network expects them.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


def normalise(pixels: Tensor, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """Turn uint8 pixels (N x 3 x H x W, 0..255) into normalised RGB, laid out channels last.

    Channels-last convolutions are the fastest that PyTorch has on a CPU and on tensor cores.
    """
    mean = torch.tensor(MEAN, dtype=dtype, device=pixels.device).view(3, 1, 1)
    std = torch.tensor(STD, dtype=dtype, device=pixels.device).view(3, 1, 1)
    # Channels last only at the end: with three channels innermost, no step would be vectorised.
    floats = pixels.to(dtype, memory_format=torch.contiguous_format, copy=True).div_(255).sub_(mean)
    return torch.div(floats, std, out=torch.empty_like(floats, memory_format=torch.channels_last))
