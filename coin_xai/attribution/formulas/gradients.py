"""Gradients of the photograph as maps.

Gradient backpropagation (Simonyan et al. 2013, arXiv 1312.6034), DeconvNet (Zeiler & Fergus 2014, arXiv
1311.2901) and guided backpropagation (Springenberg et al. 2015, arXiv 1412.6806) differ in what a rectifier
hands down; see `rectifiers.py`. Engines return them raw and signed.
"""

from torch import Tensor


def saliency(gradient: Tensor) -> Tensor:
    """Return the greatest size of a gradient over the channels (N x H x W, not negative).

    Args:
        gradient: N x H x W, if all channels are equal, or N x 3 x H x W.
    """
    size = gradient.abs()
    return size if size.ndim == 3 else size.amax(dim=1)
