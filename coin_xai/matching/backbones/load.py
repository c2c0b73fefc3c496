"""The network that a description asks for, ready to look at coins."""

from functools import lru_cache

import torch
from torch import nn

from coin_xai.matching.backbones.backbone import Backbone
from coin_xai.matching.backbones.library import load_from_library
from coin_xai.matching.backbones.pretrained import INPUT_PX, SHA256, load_network
from coin_xai.matching.descriptions import library_network, require_pretrained


@lru_cache(maxsize=1)
def load_backbone(description: str, device: torch.device) -> Backbone:
    """Return the network; it is read once, however many coins are looked at in turn.

    Args:
        description: by `pretrained`, `tuned` (which lets the last block learn, so it is left out here), or a
            network of a library such as `timm:vit_small_patch14_dinov2`.
        device: where it is to compute.

    Raises:
        OptionError: the network or its weights are not there, or it has no maps of a fitting size.
    """
    named = library_network(description)
    if named is not None:
        return load_from_library(*named, device=device)
    require_pretrained("description", description)
    whole = load_network(device)
    network = nn.Sequential(*list(whole)[:-1]) if description == "tuned" else whole
    grey = (0.5, 0.5, 0.5)
    return Backbone(network, INPUT_PX, mean=grey, std=grey, sha256=SHA256)
