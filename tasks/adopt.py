"""Adopt: what another program trained becomes a run like ours, from which all else follows as usual."""

import logging
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch

from coin_xai.common.device import best_device
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.networks import Network
from storage import checkpoints, runs
from storage.atomic import write_frame
from storage.fingerprint import fingerprint, hash_file
from storage.layout import RunLayout
from storage.legacy.checkpoint import read_checkpoint
from storage.legacy.cluster_log import ClusterLog
from storage.legacy.errors import LegacyError
from storage.legacy.partition import Positions
from storage.lock import holding
from storage.tables import read_frame
from tasks.adopting.cluster_log import choose, read_log, units
from tasks.adopting.head_scores import head_scores
from tasks.adopting.history import keep_history
from tasks.adopting.legacy_network import build_with, options_of
from tasks.adopting.locate import locate
from tasks.checkpoint import Checkpoint
from tasks.collection import open_pixels
from tasks.ingest import PIXELS_KEY, Ingested
from tasks.lineage import tell_training
from tasks.running.progress import stage
from tasks.running.steps import skipped, step

log = logging.getLogger(__name__)

ALGORITHM_VERSION = "adopted-1"
"""Changes whenever the same files would give another run."""

NOTABLE_FIT = 0.1
"""By so much another entry of a log must fit the head better for the user to hear of it."""


@dataclass(frozen=True)
class Foreign:
    """A checkpoint and a cluster log that fit each other.

    Attributes:
        network: with the weights of the checkpoint.
        options: how the network was made.
        epoch: of the checkpoint.
        logged: the cluster log.
        entry: number of the partition that the head has learnt, from 0 on.
        class_index: unit of the head of each image's cluster.
        origin: plain values that tell where all this comes from.
    """

    network: Network
    options: TrainingOptions
    epoch: int
    logged: ClusterLog
    entry: int
    class_index: Positions
    origin: dict[str, str | int]


class Adopted(NamedTuple):
    """A run that was made of somebody else's training.

    Attributes:
        run: its folder.
        epoch: of its checkpoint.
        head_fit: share of coins that the head puts into their own cluster.
    """

    run: Path
    epoch: int
    head_fit: float


@step(name="adopt")
def adopt(
    ingested: Ingested,
    images: Path,
    folder: Path,
    *,
    checkpoint: Path,
    cluster_log: Path,
    epoch: int | None = None,
    name: str | None = None,
    ignore_extras: bool = False,
) -> Adopted:
    """Make a run of a checkpoint and a cluster log of the published code or its kin, or of a user's table.

    The run has our table of coins, a partition and a row of figures for every entry of the log up to the one
    that the head has learnt, and our checkpoint of the same weights, so that `extract` finds all it needs.

    Args:
        ingested: of the folder of photographs.
        images: that folder.
        folder: of all runs.
        checkpoint: file with the weights.
        cluster_log: file with the clusters: a pickle, or a CSV or XLSX with the columns path and cluster.
        epoch: which entry of the cluster log to take, from 1 on; without it, that of the checkpoint's epoch.
        name: of the run; made of the photographs and the files without it.
        ignore_extras: ignore entries of the checkpoint that are not tensors; no code in it is executed.

    Raises:
        LegacyError: a file is unsafe, or breaks a rule of its form; says which.
        RunMismatchError: the name is taken by a run of something else.
    """
    foreign = _read(checkpoint, cluster_log, epoch=epoch, ignore_extras=ignore_extras)
    coins = pd.read_parquet(ingested.table)
    rows = locate(foreign.logged, coins, images, runs=folder)
    # The index of these tables is the number of the image in the log.
    photographs = coins.iloc[rows].reset_index(drop=True).sort_values("coin_id", kind="stable")
    usable = photographs[photographs["error"].isna()]
    if usable.empty:
        raise LegacyError(f"none of the {len(photographs)} photographs of {cluster_log} can be used")
    identity = {
        "algorithm": ALGORITHM_VERSION,
        "pixels": PIXELS_KEY,
        "photographs": fingerprint(usable[["coin_id", "sha256"]].to_numpy().tolist()),
        "training": foreign.options.model_dump(mode="json"),
        "adopted": foreign.origin,
    }
    name = name or f"{ingested.folder}-adopted-{fingerprint(identity)[:6]}"
    layout = runs.begin(folder, name, identity=identity)
    with holding(layout.lock):
        if checkpoints.latest(layout, finished=True) == foreign.epoch:
            table = read_frame(layout.final_assignments(foreign.epoch))
            return skipped(_outcome(layout, foreign, table), "the run was adopted before")
        write_frame(layout.coins, photographs)
        runs.remember_source(layout, ingested.images)
        table = _judge(layout, foreign, usable)
        _keep(layout, foreign, usable, table)
    tell_training(layout, foreign.epoch)
    return _outcome(layout, foreign, table)


def _read(checkpoint: Path, cluster_log: Path, *, epoch: int | None, ignore_extras: bool) -> Foreign:
    """Read both files, as far as they can be read without the photographs."""
    legacy = read_checkpoint(checkpoint, ignore_extras=ignore_extras)
    logged = read_log(cluster_log)
    entry = choose(logged, legacy.epoch, wanted=epoch)
    class_index = units(logged, entry, n_units=legacy.architecture.k)
    options = options_of(legacy.architecture, checkpoint)
    return Foreign(
        network=build_with(legacy.weights, options, checkpoint),
        options=options,
        epoch=legacy.epoch or entry + 1,
        logged=logged,
        entry=entry,
        class_index=class_index,
        origin={
            "checkpoint_sha256": legacy.sha256,
            "cluster_log_sha256": hash_file(cluster_log),
            "form": logged.form,
            "entry": entry + 1,
            "entries": len(logged.partitions),
        },
    )


def _judge(layout: RunLayout, foreign: Foreign, usable: pd.DataFrame) -> pd.DataFrame:
    """Return what the head says of every usable coin, and tell how well it knows the clusters."""
    partitions, entry = foreign.logged.partitions, foreign.entry
    images = usable.index.to_numpy()
    with stage("adopt", len(usable)) as advance:
        table = head_scores(
            foreign.network.to(best_device()).to(memory_format=torch.channels_last),
            open_pixels(layout, usable),
            partitions[entry].cluster[images],
            foreign.class_index[images],
            centre_crop=foreign.options.centre_crop,
            device=best_device(),
            advance=advance,
        )
    fits = [(table["head_class_index"] == one.class_index[images]).mean() for one in partitions]
    log.info(
        "the head puts %.1f%% of the coins into their own cluster; without knowing anything it could reach "
        "%.1f%%, the share of the largest one",
        100 * table["head_agrees"].mean(),
        100 * table["cluster"].value_counts(normalize=True).max(),
    )
    best = max(range(len(fits)), key=fits.__getitem__)
    if fits[best] >= fits[entry] + NOTABLE_FIT:
        log.warning(
            "the head fits entry %d of the cluster log better (%.1f%% of the coins) than entry %d (%.1f%%); "
            "if the log was begun anew or cut, take that one with --epoch",
            *(best + 1, 100 * fits[best], entry + 1, 100 * fits[entry]),
        )
    names = usable[["coin_id", "path"]].reset_index(drop=True)
    return pd.concat([names, table.drop(columns="head_class_index")], axis=1)


def _keep(layout: RunLayout, foreign: Foreign, usable: pd.DataFrame, table: pd.DataFrame) -> None:
    """Write what a training of ours leaves behind, the checkpoint last."""
    head_fit = float(table["head_agrees"].mean())
    keep_history(
        layout, foreign.logged.partitions[: foreign.entry + 1], usable, epoch=foreign.epoch, head_fit=head_fit
    )
    write_frame(layout.final_assignments(foreign.epoch), table)
    checkpoint = Checkpoint(
        training={"epochs_done": foreign.epoch, "network": foreign.network.cpu().state_dict()},
        options=foreign.options,
        algorithm=ALGORITHM_VERSION,
        versions={"torch": version("torch")},
        adopted=foreign.origin,
    )
    checkpoint.save(layout, foreign.epoch, finished=True)


def _outcome(layout: RunLayout, foreign: Foreign, table: pd.DataFrame) -> Adopted:
    return Adopted(layout.root, foreign.epoch, float(table["head_agrees"].mean()))
