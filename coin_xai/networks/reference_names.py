"""A state dict of ours under the names, and in the order, of the published code's."""

from collections.abc import Mapping

import torch
from torch import Tensor

# The published code wraps the convolutions alone for several GPUs, which leaves `module` in their names.
RENAMED = (("features.", "features.module."), ("classifier.", "classifier."), ("head.", "top_layer."))
NEVER_CHOSEN = 100.0
"""By so much the bias of a unit without a cluster lies below the smallest of the others."""


def to_reference_names(state: Mapping[str, Tensor], *, n_units: int) -> dict[str, Tensor]:
    """Return the tensors of an AlexNet or a VGG-16 as the published code names them.

    Args:
        state: of the network.
        n_units: how many units its head must have there: one for every cluster, empty ones included. The
            published code has those of empty clusters behind all others, and nothing ever chooses them.

    Returns:
        Copies, in the order features, classifier, top_layer, sobel.
    """
    found: dict[str, Tensor] = {}
    for mine, theirs in (*RENAMED, ("sobel.", "sobel.")):
        for name, tensor in state.items():
            if name.startswith(mine):
                found[theirs + name.removeprefix(mine)] = tensor.detach().cpu().contiguous().clone()
    weight, bias = found["top_layer.weight"], found["top_layer.bias"]
    missing = n_units - len(bias)
    found["top_layer.weight"] = torch.cat([weight, weight.new_zeros(missing, weight.shape[1])])
    unchosen = bias.new_full((missing,), float(bias.min()) - NEVER_CHOSEN)
    found["top_layer.bias"] = torch.cat([bias, unchosen])
    return found
