"""FEM: the places where maps are unusually strong, whatever the class (Fuad et al. 2020, IPTA)."""

import torch
from torch import Tensor

DEVIATIONS = 2.0  # above the mean, as the authors chose


def fem(maps: Tensor, *, deviations: float = DEVIATIONS) -> Tensor:
    """Return the sum over k of mean(A_k) x [A_k > mean(A_k) + deviations x deviation(A_k)] (N x h x w).

    It needs no gradient and knows no class: it shows what the network reacts to, not what speaks for a
    cluster.

    Args:
        maps: A, N x C x h x w, rectified.
        deviations: how far above its mean a map must be.
    """
    mean = maps.mean(dim=(2, 3), keepdim=True)
    deviation = maps.std(dim=(2, 3), keepdim=True, correction=0)
    strong = (maps > mean + deviations * deviation).to(maps.dtype)
    return torch.einsum("nk,nkhw->nhw", mean[:, :, 0, 0], strong)
