"""Export: a training in the files of the published code, for tools that read those."""

import io
import logging
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.networks.reference_names import to_reference_names
from storage import checkpoints, runs
from storage.atomic import write_bytes
from storage.layout import RunLayout
from storage.tables import read_frame
from tasks.checkpoint import Checkpoint
from tasks.collection import usable_coins

log = logging.getLogger(__name__)

Form = Literal["reference", "thesis"]
PICKLE_PROTOCOL = 2  # the newest that the Python of the published code reads
NETWORKS = ("alexnet", "vgg16")

Entry = list[list[int]]


def export(run: Path, *, into: Path, form: Form = "reference", epoch: int | None = None) -> dict[str, Path]:
    """Write `checkpoint.pth.tar` and `clusters` of a finished training.

    The last entry of the log is the clustering that ended the training, which the head was fitted to; so the
    checkpoint counts one epoch more than were learnt, as many as the log has entries.

    Args:
        run: folder of the run.
        into: folder to write to.
        form: of the log: as the published code writes it, by positions in the image folder, or with paths
            and pseudo-labels beside them, as a thesis built on it does.
        epoch: of the checkpoint; the last finished one without it.

    Returns:
        `checkpoint` and `clusters`, the files.

    Raises:
        OptionError: the network is none of the published code's.
        MissingError: no training has ended at that epoch.
    """
    layout = runs.find(run)
    last = checkpoints.require_finished(layout, epoch)
    kept = Checkpoint.load(layout, last)
    options = kept.options
    if options.network not in NETWORKS:
        raise OptionError(
            f"the published code has {' and '.join(NETWORKS)} only, and this run trained {options.network}"
        )
    if options.sobel and options.sobel_padding != "zeros":
        log.warning(
            "this network learnt with %s padding before its Sobel front; tools of the published code pad "
            "with zeros, so that their features differ along the border",
            options.sobel_padding,
        )
    paths = _in_folder_order(usable_coins(layout))
    entries = [_entry(layout, number, paths, options) for number in range(last + 1)]
    checkpoint, clusters = into / "checkpoint.pth.tar", into / "clusters"
    write_bytes(checkpoint, _checkpoint(kept, epoch=last + 1, n_units=len(entries[-1])))
    logged = entries if form == "reference" else [_with_paths(entry, paths, last + 1) for entry in entries]
    write_bytes(clusters, pickle.dumps(logged, protocol=PICKLE_PROTOCOL))
    return {"checkpoint": checkpoint, "clusters": clusters}


def _in_folder_order(coins: pd.DataFrame) -> list[str]:
    """Return the paths in the order in which the published code lists an image folder."""
    paths: list[str] = coins["path"].tolist()
    if not all("/" in path for path in paths):
        log.warning(
            "the published code reads one folder a class, and these photographs lie in none: move them into "
            "one folder inside theirs before it is to find them"
        )
    return sorted(paths, key=lambda path: (path.split("/")[0], *path.rpartition("/")[::2]))


def _entry(layout: RunLayout, number: int, paths: list[str], options: TrainingOptions) -> Entry:
    """Return the partition of an epoch: the positions of its members for every cluster."""
    table = read_frame(layout.assignments(number), ["path", "cluster"])
    cluster = table.set_index("path")["cluster"].loc[paths].to_numpy()
    # k-means has the same number of clusters in every epoch, the last ones of which may be empty.
    by_kmeans = options.clustering == "kmeans"
    k = options.k if by_kmeans else int(cluster.max()) + 1
    return [np.flatnonzero(cluster == one).tolist() for one in range(k)]


def _with_paths(entry: Entry, paths: list[str], epochs: int) -> tuple[Entry, list[tuple[str, int]], int]:
    """Add the images in the order of the clusters, each with the rank of its cluster among the non-empty."""
    non_empty = [members for members in entry if members]
    images = [(paths[member], label) for label, members in enumerate(non_empty) for member in members]
    return entry, images, epochs


def _checkpoint(kept: Checkpoint, *, epoch: int, n_units: int) -> bytes:
    state = to_reference_names(kept.training["network"], n_units=n_units)
    buffer = io.BytesIO()
    torch.save(
        {
            "epoch": epoch,
            "arch": kept.options.network,
            "state_dict": OrderedDict(state),
            "optimizer": kept.training["optimiser"],
        },
        buffer,
        _use_new_zipfile_serialization=False,  # which PyTorch before 1.6 cannot read
    )
    return buffer.getvalue()
