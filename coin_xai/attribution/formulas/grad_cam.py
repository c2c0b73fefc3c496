"""Grad-CAM and Guided Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391), as pure functions.

With A the C maps of a layer and G the gradient of a target with respect to them,

    w_k = mean of G_k over its pixels           L = sum over k of w_k A_k
    Guided Grad-CAM = guided backpropagation x heat(L)

Finer-CAM is the same L with the lead over the nearest rival as target (`targets.Lead`).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from coin_xai.attribution.formulas.heat import heat


def signed_cam(maps: Tensor, weights: Tensor) -> Tensor:
    """Return L, before its negative part is dropped (N x h x w), from A (N x C x h x w) and w (N x C)."""
    return torch.einsum("nk,nkhw->nhw", weights, maps)


def guided_grad_cam(guided: NDArray[np.floating], cam: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return guided backpropagation of one coin times the heat of its Grad-CAM, in the shape of `guided`.

    Args:
        guided: H x W or 3 x H x W, raw.
        cam: the signed map of the same coin, h x w.
    """
    height, width = guided.shape[-2:]
    product: NDArray[np.floating] = guided * heat(cam, (height, width))
    return product
