"""Gradients of the photograph as maps.

Gradient backpropagation (Simonyan et al. 2013, arXiv 1312.6034), DeconvNet (Zeiler & Fergus 2014, arXiv
1311.2901) and guided backpropagation (Springenberg et al. 2015, arXiv 1412.6806) differ in what a rectifier
hands down; see `engines.rectifiers`. Engines return them raw and signed.
"""

import numpy as np
from numpy.typing import NDArray


def saliency(gradient: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the greatest size of a gradient over the channels (H x W, not negative).

    Args:
        gradient: of one coin: H x W, if all channels are equal, or 3 x H x W.
    """
    size = np.abs(gradient)
    greatest: NDArray[np.floating] = size if size.ndim == 2 else size.max(axis=0)
    return greatest
