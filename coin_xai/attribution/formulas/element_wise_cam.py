"""Maps that weigh each pixel by its own gradient, not all pixels of a map by their mean.

With A the C maps of a layer and G the gradient of a target with respect to them (both N x C x h x w). All
results are N x h x w, before their negative part is dropped.
"""

import torch
from torch import Tensor


def hires_cam(maps: Tensor, gradient: Tensor) -> Tensor:
    """Return the sum over k of G_k A_k: nothing is averaged away (Draelos & Carin 2020, arXiv 2011.08891).

    For a network with one linear layer behind the maps this is exactly what each place adds to the logit.
    """
    return torch.einsum("nkhw,nkhw->nhw", gradient, maps)


def layer_cam(maps: Tensor, gradient: Tensor) -> Tensor:
    """Return the sum over k of max(0, G_k) A_k, useful at early, fine layers (Jiang et al. 2021, TIP 30)."""
    return torch.einsum("nkhw,nkhw->nhw", gradient.clamp(min=0), maps)


def grad_cam_plus_plus(maps: Tensor, gradient: Tensor) -> Tensor:
    """Return the sum over k of w_k A_k with w_k = sum of a_k max(0, G_k).

    Chattopadhay et al. 2018, arXiv 1710.11063. The published a_k = G^2 / (2 G^2 + S_k G^3), with S_k the sum
    of A_k, is 1 / (2 + S_k G) wherever G is not zero, which has no small numbers to divide by. The authors
    take exp(target) as score; that gives a factor, one per photograph, which is left out.
    """
    total = maps.sum(dim=(2, 3), keepdim=True)
    denominator = total.mul(gradient).add_(2)
    # Zero only where maps are not rectified; the reference implementation leaves such pixels out, too.
    shares = torch.where(denominator == 0, 0, gradient.clamp(min=0) / denominator)
    return torch.einsum("nk,nkhw->nhw", shares.sum(dim=(2, 3)), maps)
