"""Checkpoints of the published code and of its kin, read without running any code of theirs.

Three containers exist: the zip archive of PyTorch 1.6 and later, the stream of pickles of 0.2 to 1.5, and the
tar archive of 0.1. The first two are read with `weights_only=True`; the third cannot be, and is refused.

Some forks put more into the dict than tensors and plain values: the options of the command line, NumPy's
numbers. `weights_only=True` refuses them, and so do we unless `ignore_extras` asks for it: then whatever the
file names that is not PyTorch's becomes an inert object that takes anything and does nothing. No function
that the file names is ever called, with that or without. Files that name the system or Python's own functions
are refused all the same.
"""

import logging
import pickletools
import re
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from storage.fingerprint import hash_file
from storage.legacy.architecture import Architecture, recognise
from storage.legacy.errors import LegacyError
from storage.legacy.partition import kind

log = logging.getLogger(__name__)

ARCHIVE = b"PK\x03\x04"
WITHIN_AN_EPOCH = re.compile(r"checkpoint_(\d+)(?:\.0)?\.pth\.tar")
LARGEST_EPOCH = 100_000
HARMLESS = (
    "collections.OrderedDict",
    "_codecs.encode",
    *(f"__builtin__.{name}" for name in ("set", "complex")),
)
"""What `weights_only=True` itself allows beside PyTorch's own."""

NEVER = ("sys", "os", "posix", "nt", "builtins", "__builtin__")
"""Modules of which `weights_only=True` takes nothing else, whoever asks for it."""

PICKLES_OF_A_STREAM = 5
"""Magic number, version, machine, content, names of the storages; the numbers of the tensors follow."""


@dataclass(frozen=True)
class LegacyCheckpoint:
    """What a checkpoint of the published code tells.

    Attributes:
        sha256: of the file.
        epoch: how many epochs the network has learnt, the one it is in the middle of included; None where
            the file does not say.
        weights: by the names that coin-xai gives them, the head's included, without batch counters.
        architecture: the network they are of.
    """

    sha256: str
    epoch: int | None
    weights: Mapping[str, Tensor]
    architecture: Architecture


def read_checkpoint(path: Path, *, ignore_extras: bool = False) -> LegacyCheckpoint:
    """Read a checkpoint onto the CPU and tell which network it is of.

    Args:
        path: `checkpoint.pth.tar`, or one that was kept within an epoch, `checkpoint_<iterations>.pth.tar`.
        ignore_extras: read the tensors of a file that holds other things as well; those become inert.

    Raises:
        LegacyError: the file is not there, is no checkpoint, wants code run, or is of no known network.
    """
    if not path.is_file():
        raise LegacyError(f"the checkpoint {path} is not there (--checkpoint)")
    content = _load(path, ignore_extras=ignore_extras)
    state = content.get("state_dict", content) if isinstance(content, dict) else None
    weights = _weights(state, path) if isinstance(state, dict) else {}
    if not weights:
        raise LegacyError(
            f"{path} holds no state dict of tensors; give the checkpoint.pth.tar that the training wrote"
        )
    try:
        architecture = recognise({name: tuple(tensor.shape) for name, tensor in weights.items()})
    except LegacyError as error:
        raise LegacyError(f"{path} does not fit: {error}") from error
    return LegacyCheckpoint(hash_file(path), _epoch(content, path), weights, architecture)


def _load(path: Path, *, ignore_extras: bool) -> Any:
    _refuse_container(path)
    extras = _extras(path)
    try:
        with _inert(extras) if ignore_extras else nullcontext():
            content = torch.load(path, map_location="cpu", weights_only=True)
    # A forged file can make PyTorch raise almost anything.
    except Exception as error:
        refused = sorted(name for name in extras if name.split(".")[0] in NEVER)
        if refused or (extras and ignore_extras):
            raise LegacyError(
                f"{path} names {', '.join(refused or sorted(extras))}: refused, with --ignore-extras as "
                "well, since a checkpoint needs nothing of the kind and it could run code of its own. "
                "Nothing in it was run. Do not use the file; have its author save the tensors alone"
            ) from error
        if extras:
            raise LegacyError(
                f"{path} names {', '.join(sorted(extras))}, and a checkpoint needs tensors and plain values "
                "only. Nothing in it was run. --ignore-extras reads the tensors and passes over what classes "
                "and numbers of other libraries there are, still without running anything"
            ) from error
        raise LegacyError(
            f"{path} is no checkpoint of PyTorch or is cut off ({type(error).__name__}); copy it again"
        ) from error
    if extras and ignore_extras:
        log.warning(
            "%s names %s: not run, and passed over as --ignore-extras says", path, ", ".join(sorted(extras))
        )
    return content


def _refuse_container(path: Path) -> None:
    if not _is_archive(path) and tarfile.is_tarfile(path):
        raise LegacyError(
            f"{path} is in the container of PyTorch 0.1, which cannot be read without running code of its "
            "own; load it in an environment of its time and save it anew with PyTorch 0.4 or later"
        )
    # PyTorch packs without compressing, and the archive itself takes some bytes too.
    if _is_archive(path) and _unpacked_bytes(path) > path.stat().st_size:
        raise LegacyError(
            f"{path} is packed such that it grows to {_unpacked_bytes(path) / 1e6:.0f} MB, which PyTorch "
            "never does; do not use it"
        )


def _unpacked_bytes(path: Path) -> int:
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(one.file_size for one in archive.infolist())
    # A forged directory of an archive can make zipfile raise almost anything.
    except Exception as error:
        raise LegacyError(
            f"{path} is no checkpoint of PyTorch or is cut off ({error}); copy it again"
        ) from error


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ARCHIVE)) == ARCHIVE


def _extras(path: Path) -> set[str]:
    """Return what the pickles of a checkpoint name that is not PyTorch's, without following any of it."""
    try:
        if _is_archive(path):
            with zipfile.ZipFile(path) as archive:
                name = next(one for one in archive.namelist() if one.endswith("/data.pkl"))
                with archive.open(name) as file:
                    names = set(_names(file))
        else:
            with path.open("rb") as file:
                names = {name for _ in range(PICKLES_OF_A_STREAM) for name in _names(file)}
    # Whatever this is, PyTorch will refuse it.
    except Exception:
        return set()
    return {name for name in names if not name.startswith("torch.") and name not in HARMLESS}


def _names(pickle: IO[bytes]) -> Iterator[str]:
    for instruction, argument, _ in pickletools.genops(pickle):
        if instruction.name == "GLOBAL":
            yield str(argument).replace(" ", ".")


class _Inert:
    """Takes the place of what a file names and nobody needs."""

    def __init__(self, *_arguments: Any) -> None:
        pass

    def __setstate__(self, _state: Any) -> None:
        pass


def _inert(names: set[str]) -> AbstractContextManager[Any]:
    manager: AbstractContextManager[Any] = torch.serialization.safe_globals(
        [(_Inert, name) for name in sorted(names)]
    )
    return manager


def _weights(state: Mapping[Any, Any], path: Path) -> dict[str, Tensor]:
    """Return the tensors by our names: no `module`, which data-parallel training leaves anywhere in them."""
    weights: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if not isinstance(name, str) or not isinstance(tensor, Tensor):
            continue
        parts = [part for part in name.split(".") if part != "module"]
        # Nothing reads these counters, and files of PyTorch before 0.4.1 lack them.
        if parts and parts[-1] != "num_batches_tracked":
            parts[0] = "head" if parts[0] == "top_layer" else parts[0]
            ours = ".".join(parts)
            if ours in weights:
                raise LegacyError(
                    f"{path} does not fit: it has two tensors called {ours}, once with `module`"
                )
            weights[ours] = tensor
    return weights


def _epoch(content: dict[Any, Any], path: Path) -> int | None:
    epoch = content.get("epoch")
    if epoch is not None and (type(epoch) is not int or not 1 <= epoch <= LARGEST_EPOCH):
        raise LegacyError(f"{path} does not fit: it says that it has learnt {kind(epoch)} epochs")
    within = WITHIN_AN_EPOCH.fullmatch(path.name)
    if within is not None:
        log.warning(
            "%s was kept after iteration %s, within epoch %s: its head had learnt that epoch's clusters only "
            "so far",
            path,
            within[1],
            epoch,
        )
    return epoch
