"""Begin a run: what it is of, written down before anything is trained."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.trainers import algorithm_of
from coin_xai.errors import CatalogueError
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.descriptions import AUTO, best_description, library_network, require_pretrained
from storage import runs
from storage.atomic import write_bytes
from storage.fingerprint import fingerprint
from storage.layout import RunLayout
from tasks.collection import BEFORE
from tasks.ingest import PIXELS_KEY, Ingested
from tasks.photographs.pretrained_maps import WEIGHTS_KEY
from tasks.training.initial_clusters import read_initial_clusters
from tasks.training.initial_weights import identify_weights

log = logging.getLogger(__name__)

_SAID = {
    "edges": "the directions of their edges",
    "pretrained": "the directions of their edges and by what a pretrained network sees in them",
    "tuned": "the directions of their edges and by what a network sees in them that learnt what matches",
}


def create_run(
    ingested: Ingested, options: TrainingOptions, *, folder: Path, name: str | None, label: str | None = None
) -> RunLayout:
    """Return the run of these photographs and options, made now or begun before.

    Without a name the run is called after its photographs and options, so that the same command finds the
    same run again and another command never does.

    Raises:
        CatalogueError: the label is no column of the table of coins, or what the training starts from does
            not give every coin what it should.
        OptionError: the options do not suit so many photographs, or a file that they name or a network that
            they ask for is not there.
        RunMismatchError: the name is taken by a run of something else.
    """
    coins = pd.read_parquet(ingested.table)
    usable = coins[coins["error"].isna()].sort_values("coin_id", kind="stable").reset_index(drop=True)
    given = read_initial_clusters(
        usable, features=options.features, init_assignments=options.init_assignments
    )
    weights, options = options.init_weights, given.completed(options)
    begun = _begun_with(RunLayout(folder / name)) if name is not None else {}
    if begun and options.orientation == "auto" and "orientation" not in begun.get("training", {}):
        options = options.model_copy(update={"orientation": BEFORE["orientation"]})
    options = _described(options, begun)
    complete = options.require(ingested.usable)
    columns = coins.columns
    if label is not None and label not in columns:
        raise CatalogueError(
            f"the table of coins has no column {label} (--label); it has: {', '.join(columns)}"
        )
    identity = {
        "algorithm": algorithm_of(options),
        "pixels": PIXELS_KEY,
        "photographs": ingested.fingerprint,
        "training": _told(options),
        # What weights, vectors and clusters are counts, not where they lie.
        "initial_weights": None if weights is None else identify_weights(weights),
        **_weights(options.description, begun),
        **given.identity(),
    }
    if name is None:
        name = f"{ingested.folder}-k{options.k}-seed{options.seed}-{fingerprint(identity)[:6]}"
    if not RunLayout(folder / name).record.exists():  # else what it needs may lie in a checkpoint
        _require_installed(complete)
    layout = runs.begin(folder, name, identity=identity)
    for option, (usual, chosen) in options.differences().items():
        log.info("%s is %s; the profile %s has %s", option, chosen, options.profile, usual)
    return layout


def _described(options: TrainingOptions, begun: Mapping[str, Any]) -> TrainingOptions:
    """Return the options with a description that no longer depends on what is installed.

    A run of that name keeps what it was begun with: to go on with it, nothing need be described.
    """
    if not options.matches:
        return options
    found = options.description
    if found == AUTO:
        before = begun.get("training", {}).get("description")
        found = before if before in _SAID or library_network(str(before)) else best_description()
    log.info(
        "parts are compared by %s", _SAID.get(found, f"{_SAID['edges']} and by what {found} sees in them")
    )
    return options.model_copy(update={"description": found})


def _begun_with(layout: RunLayout) -> Mapping[str, Any]:
    """Return the identity of a run; nothing where it is not begun."""
    found: Mapping[str, Any] = runs.read_record(layout)["identity"] if layout.record.exists() else {}
    return found


def _weights(description: str, begun: Mapping[str, Any]) -> dict[str, str]:
    """Return what tells the weights of a library's network, which may change them; others never change.

    They are read where a run begins, not where it goes on: there, nobody may have them.
    """
    if library_network(description) is None:
        return {}
    known = begun.get(WEIGHTS_KEY) if begun.get("training", {}).get("description") == description else None
    return {WEIGHTS_KEY: known or load_backbone(description, torch.device("cpu")).sha256}


def _require_installed(options: TrainingOptions) -> None:
    """Refuse a run that could not be trained here, before it takes its name."""
    if options.front != "edges":
        require_pretrained("front", options.front)
    if options.pretrained:
        require_pretrained("description", options.description)


def _told(options: TrainingOptions) -> dict[str, Any]:
    """Return the options that count, without those that earlier runs did not have and do not differ in."""
    usual = {name for name, value in BEFORE.items() if getattr(options, name) == value}
    return options.model_dump(mode="json", exclude={"features", "init_assignments", *usual})


def keep_photographs(layout: RunLayout, ingested: Ingested) -> None:
    """Write into a run which photographs it is of and where they lie. The lock of the run is held."""
    write_bytes(layout.coins, ingested.table.read_bytes())
    runs.remember_source(layout, ingested.images)
