"""A file of weights that a training starts from: read without running any code of its own."""

from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from coin_xai.errors import OptionError
from storage.fingerprint import hash_file


def identify_weights(file: Path) -> str:
    """Return the hash that stands for the content of a file of weights, wherever it lies.

    Raises:
        OptionError: there is no such file.
    """
    if not file.is_file():
        raise OptionError(f"the initial weights {file} are not there (--init-weights)")
    return hash_file(file)


def read_weights(file: Path | None, sha256: str) -> dict[str, object]:
    """Return the content of a file of weights, on the CPU.

    Raises:
        OptionError: no file is given, it is another one than the run was begun with, or it holds more than
            tensors and plain values.
    """
    if file is None or identify_weights(file) != sha256:
        raise OptionError(
            f"the run starts from weights with the SHA-256 {sha256[:12]}..., but {file or 'no file'} was "
            "given: say where they are with --init-weights"
        )
    try:
        content: Any = torch.load(file, map_location="cpu", weights_only=True)
    except (UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise OptionError(
            f"the initial weights {file} cannot be loaded without running code of theirs ({reason}): save "
            "the state dict alone, with torch.save(network.state_dict(), file)"
        ) from error
    if not isinstance(content, dict):
        raise OptionError(
            f"the initial weights {file} hold a {type(content).__name__}, not a dict of tensors: save the "
            "state dict, with torch.save(network.state_dict(), file)"
        )
    return content
