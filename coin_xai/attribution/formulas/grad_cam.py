"""Grad-CAM and Guided Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391), as pure functions.

With A the C maps of a layer and G the gradient of a target with respect to them,

    w_k = mean of G_k over its pixels           L = sum over k of w_k A_k
    map = mm(up(max(0, L)))                     Guided Grad-CAM = guided backpropagation x map

where up is bilinear with half-pixel centres and mm sets the minimum of each coin to 0 and the maximum to 1.
Finer-CAM is the same with the lead over the nearest rival as target (`targets.Lead`).
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def signed_cam(maps: Tensor, weights: Tensor) -> Tensor:
    """Return L, before its negative part is dropped (N x h x w), from A (N x C x h x w) and w (N x C)."""
    return torch.einsum("nk,nkhw->nhw", weights, maps)


def normalised_map(cam: Tensor, *, size: tuple[int, int]) -> Tensor:
    """Return mm(up(max(0, L))), the heat from 0 to 1 (N x H x W).

    A coin without positive evidence has no heat at all (zeros), and one whose evidence is the same
    everywhere is hot everywhere (ones): neither is divided by zero.

    Args:
        cam: signed maps, N x h x w.
        size: H and W of the result, in pixels.
    """
    heat = F.interpolate(cam.clamp(min=0)[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
    least, most = heat.amin(dim=(1, 2), keepdim=True), heat.amax(dim=(1, 2), keepdim=True)
    span = torch.where(most > least, most - least, 1)
    flat = torch.where(most > least, 0, (most > 0).to(heat.dtype))
    return heat.sub_(least).div_(span).add_(flat)


def guided_grad_cam(guided: Tensor, cam: Tensor) -> Tensor:
    """Return guided backpropagation weighted by the heat of Grad-CAM, in the shape of `guided`.

    Args:
        guided: N x H x W or N x 3 x H x W, raw.
        cam: signed maps of the same coins, N x h x w.
    """
    height, width = guided.shape[-2:]
    heat = normalised_map(cam, size=(height, width))
    return guided * (heat if guided.ndim == 3 else heat[:, None])
