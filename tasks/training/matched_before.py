"""Matches that another run of the same photographs has found: k, seed and network do not change them."""

import logging
from typing import Any

import pandas as pd

from coin_xai.deepcluster.fixed_clusters import FixedClusters
from coin_xai.errors import CoinXaiError
from storage import checkpoints
from storage.errors import StorageError
from storage.layout import RunLayout
from storage.runs import list_runs, read_record
from tasks.checkpoint import Checkpoint
from tasks.collection import training_of
from tasks.photographs.cells import Cells, read_cells
from tasks.photographs.frames import read_frames
from tasks.photographs.pretrained_maps import WEIGHTS_KEY

log = logging.getLogger(__name__)

OF_THE_RUN = ("algorithm", "pixels", "photographs", WEIGHTS_KEY)
OPTIONS = ("clustering", "description", "orientation", "centre_crop")


def take_matches(layout: RunLayout, coins: pd.DataFrame, clusters: FixedClusters) -> None:
    """Let a training start from what a run beside it has matched; where there is none, it matches by itself.

    Args:
        layout: the run that begins.
        coins: its usable coins.
        clusters: those that its network is taught; nothing is found of them yet.
    """
    wanted = _deciding(layout, len(coins))
    for other in list_runs(layout.root.parent):
        if other.root == layout.root:
            continue
        try:
            if _deciding(other, len(coins)) == wanted and _take(other, coins, clusters):
                log.info("the run %s has matched these coins; its matches are used", other.root.name)
                return
        # Of whatever kind: a neighbour that cannot be used costs a match and never a training.
        except (StorageError, CoinXaiError, OSError, KeyError) as error:
            log.debug("the run %s is of no use here: %s", other.root.name, error)


def _deciding(layout: RunLayout, count: int) -> list[Any]:
    """Return everything that decides which of so many coins match."""
    identity, options = read_record(layout)["identity"], training_of(layout).require(count)
    # The seed matters where a network learns what matches.
    seed = options.seed if options.description == "tuned" else None
    return [*map(identity.get, OF_THE_RUN), *(getattr(options, name) for name in OPTIONS), seed]


def _take(other: RunLayout, coins: pd.DataFrame, clusters: FixedClusters) -> bool:
    """Take the matches of a run, if it has come so far."""
    latest = checkpoints.latest(other)
    if latest is None or not other.frames.exists():
        return False
    frames = read_frames(other, coins)
    state = Checkpoint.load(other, latest).training
    if state.get("matching") is None:
        return False
    cells = _cells(other, len(coins))
    clusters.restore(state)
    clusters.frames, clusters.cells = frames, cells
    return True


def _cells(other: RunLayout, count: int) -> Cells | None:
    """Return what its coins were compared by; None where it is gone, and made again once it is needed."""
    try:
        return read_cells(other, count)
    except StorageError:
        return None
