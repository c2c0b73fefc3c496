"""The Sobel front of DeepCluster: grey, then the horizontal and the vertical derivative, frozen.

Caron et al. 2018 put it before the first convolution so that the network cannot cluster by colour.
"""

import torch
from torch import nn

from coin_xai.networks.names import SobelPadding

HORIZONTAL = ((1.0, 0.0, -1.0), (2.0, 0.0, -2.0), (1.0, 0.0, -1.0))
VERTICAL = ((1.0, 2.0, 1.0), (0.0, 0.0, 0.0), (-1.0, -2.0, -1.0))


class Sobel(nn.Sequential):
    """Turns normalised RGB (N x 3 x H x W) into two signed derivative images (N x 2 x H x W).

    `zeros` is the reference's padding: on a photograph with a white ground it paints a bright frame
    (a fifth of all edge energy in the outermost ring of pixels), which explanations then light up.
    `replicate` has no such frame. The sub-modules `0` and `1` carry the names of the reference's
    state dict.
    """

    def __init__(self, padding: SobelPadding = "replicate") -> None:
        grey = nn.Conv2d(3, 1, kernel_size=1)
        derivatives = nn.Conv2d(1, 2, kernel_size=3, padding=1, padding_mode=padding)
        with torch.no_grad():
            grey.weight.fill_(1 / 3)
            derivatives.weight.copy_(torch.tensor([HORIZONTAL, VERTICAL])[:, None])
            for convolution in (grey, derivatives):
                assert convolution.bias is not None
                convolution.bias.zero_()
        super().__init__(grey, derivatives)
        self.requires_grad_(False)
