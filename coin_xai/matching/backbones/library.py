"""Networks of torchvision and timm, by name: what they see at each place of a coin.

A network is taken up to the last layer whose maps are a sixteenth as large as the picture (a fourteenth for
networks that cut it into squares of 14 pixels). Its weights are those that the library names for it. The
library fetches them at first use and keeps them; without a connection they are taken from a file that
somebody has put where the error says. They are read as tensors, and no code in them is run.
"""

import difflib
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from coin_xai.errors import OptionError
from coin_xai.matching.backbones.backbone import Backbone, Colour
from coin_xai.matching.windows import CELLS

REDUCTION, LEAST_REDUCTION = 16, 14
"""How much smaller than the picture maps may be."""
MISSING = 2
"""Places along a side that maps may lack or have too many: networks that do not pad lose some at the rim."""

T = TypeVar("T")


def load_from_library(library: str, name: str, *, device: torch.device) -> Backbone:
    """Return a network of a library with the weights that this names for it.

    Args:
        library: `torchvision` or `timm`.
        name: of the network, as the library calls it.
        device: where it is to compute.

    Raises:
        OptionError: the library is not installed or has no such network, the weights cannot be had, or the
            network has no maps of a fitting size.
    """
    found = {"torchvision": _of_torchvision, "timm": _of_timm}[library](name)
    layers = found.layers.float().eval().requires_grad_(False)
    with torch.inference_mode():
        maps = layers(torch.zeros(1, 3, found.side_px, found.side_px))
    network = _Cells(layers, channels_last=_channels_last(maps))
    return Backbone(
        network.to(device).to(memory_format=torch.channels_last),
        found.side_px,
        mean=found.mean,
        std=found.std,
        sha256=_sha256(layers),
    )


class _Found(NamedTuple):
    """Layers with their weights, and what pictures they learnt from."""

    layers: nn.Module
    side_px: int
    mean: Colour
    std: Colour


class _Cells(nn.Module):
    """Returns the maps that layers make, n x c x 16 x 16, however they are turned."""

    def __init__(self, layers: nn.Module, *, channels_last: bool) -> None:
        super().__init__()
        self.layers, self.channels_last = layers, channels_last
        # Some of timm's keep what they make in one place, which threads would take from each other.
        self._alone = threading.Lock()

    def forward(self, pictures: Tensor) -> Tensor:
        if type(self.layers).__name__ == "FeatureHookNet":
            with self._alone:
                maps = _only(self.layers(pictures))
        else:
            maps = _only(self.layers(pictures))
        if self.channels_last:
            maps = maps.permute(0, 3, 1, 2)
        if maps.shape[2:] == (CELLS, CELLS):
            return maps
        return F.interpolate(maps, (CELLS, CELLS), mode="bilinear")


def _of_torchvision(name: str) -> _Found:
    from torchvision import models
    from torchvision.models.feature_extraction import create_feature_extractor

    _require_known(name, models.list_models(module=models), "torchvision")
    weights = models.get_model_weights(name).DEFAULT
    network = models.get_model(name).eval()
    if hasattr(
        network, "transform_input"
    ):  # by which it learnt, and which it sets where it reads weights itself
        network.transform_input = True
    side_px, usual = REDUCTION * CELLS, weights.transforms()
    layer = _last_fitting_layer(network, side_px, f"torchvision:{name}")  # before anything is fetched
    fetch = partial(weights.get_state_dict, progress=False, check_hash=True, weights_only=True)
    file = _place() / weights.url.rpartition("/")[2]
    network.load_state_dict(_fetched(fetch, f"torchvision:{name}", file, source=weights.url))
    layers = create_feature_extractor(network, {layer: "maps"})
    return _Found(layers, side_px, tuple(usual.mean), tuple(usual.std))


def _last_fitting_layer(network: nn.Module, side_px: int, said: str) -> str:
    """Return the last layer that has a place for each cell.

    Only stages and the blocks in a stage are looked at: inside of a block, maps are half-made. What
    classifies in the end is none.
    """
    fitting: list[str] = []

    def look(name: str, _layer: nn.Module, _given: Any, maps: Any) -> None:
        if isinstance(maps, Tensor) and maps.dim() == 4 and (_fits(maps.shape[2:]) or _fits(maps.shape[1:3])):
            fitting.append(name)

    hooks = [layer.register_forward_hook(partial(look, name)) for name, layer in _stages_and_blocks(network)]
    try:
        with torch.inference_mode():
            network(torch.zeros(1, 3, side_px, side_px))
    except (AssertionError, RuntimeError, ValueError) as error:
        raise OptionError(
            f"{said} does not take pictures of {side_px} x {side_px} pixels ({error}): choose one that takes "
            "any size, such as torchvision:resnet18, or one of timm"
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
    if not fitting:
        raise _unfitting(said)
    return fitting[-1]


def _stages_and_blocks(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    for name, stage in network.named_children():
        if name == "classifier":
            continue
        yield name, stage
        if isinstance(stage, nn.Sequential):
            yield from ((f"{name}.{number}", block) for number, block in stage.named_children())


def _of_timm(name: str) -> _Found:
    if find_spec("timm") is None:
        raise OptionError(
            f"the description timm:{name} needs the package timm, which is not installed: pip install timm, "
            "or begin a run with --description edges"
        )
    import timm

    # It warns of the layers that are left out on purpose.
    logging.getLogger("timm.models._builder").setLevel(logging.ERROR)
    _require_known(name, [*timm.list_models(), *timm.list_pretrained()], "timm")
    usual = timm.get_pretrained_cfg(name)
    try:
        stages = timm.create_model(name, features_only=True).feature_info
    except (AttributeError, RuntimeError, TypeError) as error:
        raise _unfitting(f"timm:{name}") from error
    fitting = [
        (layer, reduction)
        for layer, reduction in zip(stages.out_indices, stages.reduction(), strict=True)
        if LEAST_REDUCTION <= reduction <= REDUCTION
    ]
    if not fitting:
        raise _unfitting(f"timm:{name}")
    layer, reduction = fitting[-1]
    side_px = reduction * CELLS
    files = [_place() / f"timm-{name}{ending}" for ending in (".safetensors", ".pth")]
    given = next((file for file in files if file.is_file()), None)

    def fetch() -> nn.Module:
        # What lies there is a state dict, in whatever format the network's authors published it.
        overlay = None if given is None else {"state_dict": _read(given), "custom_load": False}
        made: nn.Module = timm.create_model(
            name,
            pretrained=True,
            pretrained_cfg_overlay=overlay,
            features_only=True,
            out_indices=(layer,),
            **({"img_size": side_px} if usual.fixed_input_size else {}),
        )
        return made

    source = str(usual.hf_hub_id or usual.url or "timm")
    return _Found(_fetched(fetch, f"timm:{name}", files[0], source=source), side_px, usual.mean, usual.std)


def _read(file: Path) -> dict[str, Tensor]:
    if file.suffix == ".safetensors":
        from safetensors.torch import load_file

        found: dict[str, Tensor] = load_file(file)
        return found
    weights: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return weights


def _require_known(name: str, known: Sequence[str], library: str) -> None:
    if name not in known:
        near = difflib.get_close_matches(name, known) or known[:3]
        raise OptionError(f"{library} has no network {name}; it has {', '.join(near)} and others")


def _fetched(fetch: Callable[[], T], said: str, file: Path, *, source: str) -> T:
    """Return what a library fetches or reads, or say where the file goes that it did not get.

    Libraries, and the packages by which they fetch, raise whatever they like.
    """
    try:
        return fetch()
    except Exception as error:
        raise OptionError(
            f"the weights of {said} cannot be had from {source} ({error}): without a connection, fetch them "
            f"elsewhere and put the file at {file}"
        ) from error


def _place() -> Path:
    """Return the folder in which PyTorch keeps what it has fetched."""
    return Path(torch.hub.get_dir()) / "checkpoints"


def _unfitting(said: str) -> OptionError:
    return OptionError(
        f"{said} has no maps that are a sixteenth as large as the picture: choose another network, such as "
        "torchvision:resnet18"
    )


def _fits(sides: Sequence[int]) -> bool:
    return all(CELLS - MISSING <= side <= CELLS + MISSING for side in sides)


def _only(made: Any) -> Tensor:
    """Return the one tensor that layers make, whether they give it a name or a place in a list."""
    (maps,) = made.values() if isinstance(made, dict) else made
    return cast(Tensor, maps)


def _channels_last(made: Any) -> bool:
    maps = _only(made)
    return _fits(maps.shape[1:3]) and not _fits(maps.shape[2:])


def _sha256(layers: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(layers.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().numpy().tobytes())
    return digest.hexdigest()
