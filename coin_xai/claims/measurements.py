"""Where the heat of a network lies on coins, and what interventions change; the same of controls.

The same is measured of a network that has learnt nothing, and of the network taught shuffled clusters, each
with a head fitted in the same way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import Tensor, nn

from coin_xai.attribution import Attributor
from coin_xai.attribution.methods import MapMethod
from coin_xai.claims import interventions
from coin_xai.claims.groundwork import Groundwork
from coin_xai.claims.heat import centred_noise, covers, log_densities
from coin_xai.claims.parts import BACKGROUND, CANTONS, CROSS, DIAGONAL, HORIZONTAL, RIM_NAME, VERTICAL
from coin_xai.common.random_streams import stream
from coin_xai.networks import Network, normalise
from coin_xai.networks.together import logits_of

Source = Literal["network", "untrained", "shuffled", "noise"]
NETWORK: Source = "network"
CONTROLS: tuple[Source, ...] = ("untrained", "shuffled", "noise")

HEAT, SECOND, LEAD, RIGHT = "heat", "second", "lead", "right"
"""What columns begin with. Of each part: ln density of heat, that of the second opinion. As shown
and after each change: by how much the logit of the cluster leads, and whether it does."""
METHODS: dict[str, MapMethod] = {HEAT: "hires_cam", SECOND: "grad_cam"}
"""HiResCAM leads; Grad-CAM averages gradients and can heat places that are not used (Draelos 2020)."""

HIDDEN = (HORIZONTAL, VERTICAL, CROSS, DIAGONAL, *CANTONS, "centre", "field", "legend")
TURNED, AGAIN, SWAPPED = "turned", "encoded again", "other background"
CANTON = CANTONS[2]
TRANSPLANTED, DONOR = f"other {CANTON}", "donor"
"""The canton of another coin, and the column that names that coin."""
BATCH = 32

Squares = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
_Covered = dict[tuple[int, int, int], dict[str, npt.NDArray[np.float64]]]
"""By the position of a coin and the height and width of maps: what each of its parts covers of each cell."""


@dataclass(frozen=True)
class Subject:
    """A network that is asked, and what it was taught.

    Attributes:
        source: which one.
        network: maps photographs to logits.
        class_index: unit of each coin's cluster (n).
    """

    source: Source
    network: Network
    class_index: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Donor:
    """A coin from whose photograph something is put into that of another one.

    Attributes:
        coin_id: of it.
        picture: as networks are shown it (S x S x 3).
        known: of it.
    """

    coin_id: str
    picture: Squares
    known: Groundwork


@dataclass(frozen=True)
class Sight:
    """What a network can see by its construction: to change anything else would prove nothing.

    Attributes:
        background: what lies around coins.
        colour: more than lightness.
    """

    background: bool
    colour: bool


def measure(
    coin_ids: Sequence[str],
    squares: Squares,
    groundwork: Sequence[Groundwork],
    subjects: Sequence[Subject],
    *,
    sight: Sight,
    seed: int,
    backgrounds: Sequence[Donor] = (),
    cantons: Sequence[Donor] = (),
    advance: Callable[[int], None] = lambda _: None,
) -> pd.DataFrame:
    """Return one row a coin and source, with all that was measured; NaN where a thing does not apply.

    Args:
        coin_ids: of the coins (n); they also draw what is random about each.
        squares: as the networks are shown them (n x 3 x S x S).
        groundwork: of each coin (n).
        subjects: the networks.
        sight: what they can see.
        seed: of the run.
        backgrounds: for each coin, whose background it is put on (n); without any, none is.
        cantons: for each coin, whose canton 3 it is given (n); without any, none is.
        advance: called with the number of coins done, once for each subject.
    """
    shown = squares.transpose(0, 2, 3, 1)
    changed = _changed(coin_ids, shown, groundwork, sight, seed)
    if sight.background and backgrounds:
        changed[SWAPPED] = _swapped(shown, groundwork, backgrounds)
    if cantons:
        changed[TRANSPLANTED] = _transplanted(shown, groundwork, cantons)
    tables, answers = [], _answers(subjects, shown, changed)
    covered: _Covered = {}
    for subject, answered in zip(subjects, answers, strict=True):
        heat = _heat(subject, squares)
        rows = {**_rows(coin_ids, heat, groundwork, covered), **answered}
        if cantons:
            rows[DONOR] = [donor.coin_id for donor in cantons]
        tables.append(pd.DataFrame({"coin_id": list(coin_ids), "source": subject.source, **rows}))
        if subject.source == NETWORK:
            tables.append(_of_noise(coin_ids, heat[HEAT].shape[1:], groundwork, covered, seed))
        advance(len(coin_ids))
    return pd.concat(tables, ignore_index=True)


def _of_noise(
    coin_ids: Sequence[str],
    shape: tuple[int, ...],
    groundwork: Sequence[Groundwork],
    covered: _Covered,
    seed: int,
) -> pd.DataFrame:
    height, width = shape
    noise = np.stack([centred_noise((height, width), stream(seed, f"noise {name}")) for name in coin_ids])
    rows = _rows(coin_ids, {HEAT: noise}, groundwork, covered)
    return pd.DataFrame({"coin_id": list(coin_ids), "source": "noise", **rows})


def _heat(subject: Subject, squares: Squares) -> dict[str, npt.NDArray[np.floating]]:
    """Return the maps of both methods (n x h x w each)."""
    attributor = Attributor(subject.network, layer=subject.network.attribution_layer)
    parts: dict[str, list[npt.NDArray[np.floating]]] = {name: [] for name in METHODS}
    for start in range(0, len(squares), BATCH):
        batch = slice(start, start + BATCH)
        attributions = attributor.attribute(
            _tensor(squares[batch], subject.network),
            torch.from_numpy(subject.class_index[batch]),
            methods=list(METHODS.values()),
        )
        for name, method in METHODS.items():
            parts[name].append(attributions.maps[method].cpu().numpy())
    return {name: np.concatenate(maps) for name, maps in parts.items()}


def _rows(
    coin_ids: Sequence[str],
    heat: Mapping[str, npt.NDArray[np.floating]],
    groundwork: Sequence[Groundwork],
    covered: _Covered,
) -> dict[str, list[float]]:
    """Return densities on the parts of each coin, by column; `covered` keeps what its parts cover of maps."""
    columns: dict[str, list[float]] = {}
    for position in range(len(coin_ids)):
        parts = groundwork[position].parts
        found: dict[str, float] = {}
        if parts is not None:
            height, width = heat[HEAT].shape[1:]
            key = position, height, width
            if key not in covered:
                covered[key] = {name: covers(area, (height, width)) for name, area in parts.areas.items()}
            for kind, maps in heat.items():
                densities = log_densities(maps[position], covered[key])
                found |= {f"{kind} {name}": value for name, value in densities.items()}
        for name in dict.fromkeys((*columns, *found)):
            values = columns.setdefault(name, [float("nan")] * position)
            values.append(found.get(name, float("nan")))
    return columns


def _changed(
    coin_ids: Sequence[str],
    shown: Squares,
    groundwork: Sequence[Groundwork],
    sight: Sight,
    seed: int,
) -> dict[str, list[Squares | None]]:
    """Return each coin after each intervention, None where that does not apply (S x S x 3)."""
    whole = {
        TURNED: interventions.turned,
        AGAIN: interventions.encoded_again,
        **{name: do for name, do in interventions.PHOTOGRAPHIC.items() if sight.colour or name != "grey"},
    }
    changed: dict[str, list[Squares | None]] = {
        name: [do(picture) for picture in shown] for name, do in whole.items()
    }
    named = {name for known in groundwork if known.parts for name in known.parts.areas}
    for part in (*HIDDEN, *sorted(named - {*HIDDEN, RIM_NAME, BACKGROUND})):
        pictures = [
            hidden(name, picture, known, part, seed=seed)
            for name, picture, known in zip(coin_ids, shown, groundwork, strict=True)
        ]
        if any(picture is not None for picture in pictures):
            changed[part] = pictures
    return changed


def hidden(coin_id: str, picture: Squares, known: Groundwork, part: str, *, seed: int) -> Squares | None:
    """Return a coin with a part hidden as it is measured, None where it has no such part (S x S x 3).

    Args:
        coin_id: of the coin; it draws what is random about it.
        picture: as the networks are shown it (S x S x 3).
        known: of the coin.
        part: to hide.
        seed: of the run.
    """
    if known.parts is None or known.flan is None or part not in known.parts.areas:
        return None
    generator = stream(seed, f"hide {part} {coin_id}")
    return interventions.without_part(picture, known.parts.areas[part], known.flan, generator)


def _swapped(
    shown: Squares, groundwork: Sequence[Groundwork], donors: Sequence[Donor]
) -> list[Squares | None]:
    """Return each coin on the background of its donor, where both coins stand out from theirs."""
    pictures: list[Squares | None] = []
    for picture, known, donor in zip(shown, groundwork, donors, strict=True):
        if known.flan is None or donor.known.flan is None:
            pictures.append(None)
            continue
        pictures.append(interventions.other_background(picture, known.flan, donor.picture, donor.known.flan))
    return pictures


def _transplanted(
    shown: Squares, groundwork: Sequence[Groundwork], donors: Sequence[Donor]
) -> list[Squares | None]:
    """Return each coin with the canton of its donor, where it is known how both stand."""
    return [
        interventions.transplanted(
            picture, known.parts.areas[CANTON], known.pose, donor.picture, other.flan, other.pose
        )
        if known.parts
        and known.pose
        and CANTON in known.parts.areas
        and other.pose
        and other.flan is not None
        else None
        for picture, known, donor in zip(shown, groundwork, donors, strict=True)
        for other in [donor.known]
    ]


def _answers(
    subjects: Sequence[Subject], shown: Squares, changed: Mapping[str, Sequence[Squares | None]]
) -> list[dict[str, npt.NDArray[np.float64]]]:
    """Return the columns of each subject: its lead, and whether it is right, before and after changes."""
    columns: list[dict[str, npt.NDArray[np.float64]]] = [{} for _ in subjects]
    for name, pictures in {"": list(shown), **changed}.items():
        for own, lead in zip(columns, _leads(subjects, pictures), strict=True):
            own[f"{LEAD} {name}".rstrip()] = lead
            own[f"{RIGHT} {name}".rstrip()] = np.where(np.isnan(lead), np.nan, lead > 0)
    return columns


def _leads(subjects: Sequence[Subject], pictures: Sequence[Squares | None]) -> list[npt.NDArray[np.float64]]:
    """Return by how much the logit of each coin's cluster leads, of each subject (n each)."""
    leads = [np.full(len(pictures), np.nan) for _ in subjects]
    present = [position for position, picture in enumerate(pictures) if picture is not None]
    networks = [subject.network for subject in subjects]
    for start in range(0, len(present), BATCH):
        own = present[start : start + BATCH]
        batch = np.stack([picture for one in own if (picture := pictures[one]) is not None])
        with torch.inference_mode():
            photographs = _tensor(np.ascontiguousarray(batch.transpose(0, 3, 1, 2)), networks[0])
            said = [logits.double().cpu() for logits in logits_of(networks, photographs)]
        for subject, lead, logits in zip(subjects, leads, said, strict=True):
            units = torch.from_numpy(subject.class_index[own])[:, None]
            others = logits.scatter(1, units, -torch.inf).amax(dim=1)
            lead[own] = (logits.gather(1, units)[:, 0] - others).numpy()
    return leads


def _tensor(squares: Squares, network: nn.Module) -> Tensor:
    return normalise(torch.from_numpy(squares).to(next(network.parameters()).device))
