"""Place: new photographs among the clusters of a finished run, by matching alone."""

import logging
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from coin_xai.catalogue.wording import count, some
from coin_xai.common.device import best_device
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones.backbone import see_parts
from coin_xai.matching.hog import ORIENTATIONS
from coin_xai.matching.likeness import NEIGHBOURS, matching_coins
from coin_xai.networks.names import ALIGNED
from coin_xai.photographs.pixels import Pixels
from coin_xai.placement.describing import KnownCoins, lay_among
from coin_xai.placement.fitting import KnownClusters, Placed
from coin_xai.placement.seeing import MOST_TO_FIT, Seeing
from storage import checkpoints, runs
from storage.atomic import write_bytes, write_frame
from storage.layout import RunLayout, pixels_folder
from storage.pixel_cache import read_pixels
from storage.tables import csv_bytes, read_frame
from tasks.checkpoint import Checkpoint
from tasks.collection import open_pixels, training_of, usable_coins
from tasks.ingest import PIXELS_KEY, Ingested
from tasks.photographs.cells import describe_again, read_cells
from tasks.photographs.cut_outs import read_cut_outs
from tasks.photographs.frames import read_frames
from tasks.photographs.pretrained_maps import described_with, load_same
from tasks.running.progress import stage

log = logging.getLogger(__name__)

PLACED, FITS_NONE, IN_THE_RUN, UNREADABLE = "placed", "fits none", "in the run", "unreadable"
"""What becomes of a photograph."""

NEAREST = tuple(f"nearest_{rank}" for rank in range(1, NEIGHBOURS + 1))
TOLD = ("outcome", "cluster", "nearest_cluster", "votes", "likeness", "shortfall", *NEAREST)
"""Columns of the table, before those that ingest found."""

SEEN_AT_ONCE = 256
"""New coins that a pretrained network looks at before the next ones; what it sees of them is in memory."""

Floats = npt.NDArray[np.float32]


class PlacedPhotographs(NamedTuple):
    """What became of new photographs.

    Attributes:
        table: of all of them, one row each, as Parquet.
        csv: the same for a spreadsheet.
        outcomes: number of photographs by what became of them.
        clusters: into how many clusters coins were placed.
        turned_away: share of the run's own coins that the same rule would say to fit none; None where no
            coin was new.
        tells: whether the run tells which coins fit none, as one with a single cluster does not.
    """

    table: Path
    csv: Path
    outcomes: dict[str, int]
    clusters: int
    turned_away: float | None
    tells: bool


def require_placeable(run: Path) -> RunLayout:
    """Return a run that can take in new coins.

    Raises:
        MissingError: there is no such run, or its training is not finished.
        OptionError: its clusters are not such that matching tells of new coins; says why and what to do.
    """
    layout = runs.find(run)
    checkpoints.require_finished(layout, None)
    options = training_of(layout)
    if options.network not in ALIGNED:
        raise OptionError(
            f"the run {run} shows photographs to the network {options.network} as they are, and keeps "
            "nothing that new coins can be compared by: train a run with --network gridnet"
        )
    if not (
        options.ends_with_matched or (options.clustering == "given" and options.trainer == "deepcluster")
    ):
        raise OptionError(
            f"the clusters of {run} were not made by parts that match (--clustering {options.clustering}, "
            f"--trainer {options.trainer}), so these do not tell where a new coin belongs: train a run with "
            "--clustering matching, or give it these clusters with --init-assignments"
        )
    if options.description == "tuned":
        raise OptionError(
            f"{run} was described by a network that learnt from its coins (--description tuned) and is not "
            "kept: train a run with --description pretrained or edges"
        )
    if any(frame.at_any_angle for frame in read_frames(layout, usable_coins(layout))):
        raise OptionError(
            f"the coins of {run} lie at any angle, and new coins can be placed only among coins that stand "
            "upright: cluster old and new photographs together with coin-xai study"
        )
    return layout


def place(ingested: Ingested, run: Path, *, into: Path) -> PlacedPhotographs:
    """Write into which cluster of a finished run each new photograph belongs, as Parquet and CSV.

    Nothing is trained and nothing of the run changes, but that its cells are described anew where they are
    gone. The tables are called after the folder of photographs and the run, with a sign that tells other
    photographs in a folder of the same name apart.

    Args:
        ingested: the photographs, in the cache that the run's lie in.
        run: folder of the run.
        into: folder to write into.

    Raises:
        MissingError, OptionError: as `require_placeable`; or the network that describes the run is missing.
    """
    layout = require_placeable(run)
    coins, found = usable_coins(layout), read_frame(ingested.table)
    partition = read_frame(layout.final_assignments(checkpoints.require_finished(layout, None)))
    of_run = partition.set_index("coin_id").loc[coins["coin_id"]].reset_index()
    original = found["sha256"].map(coins.drop_duplicates("sha256").set_index("sha256")["coin_id"])
    new = found[found["error"].isna() & original.isna()]
    told = turned_away = None
    tells = True
    if len(new):
        clusters = _known_clusters(layout, coins, of_run["cluster"].to_numpy(np.int64))
        turned_away, tells = clusters.turned_away, bool(np.isfinite(clusters.most))
        told = _told(new, coins, _placed(layout, coins, new, clusters))
    table = _table(found, original, of_run, told)
    _report(table)
    name = f"{ingested.folder}-in-{layout.root.name}-{ingested.fingerprint[:6]}"
    files = into / f"{name}.parquet", into / f"{name}.csv"
    write_frame(files[0], table)
    write_bytes(files[1], csv_bytes(table))
    outcomes = {
        one: int((table["outcome"] == one).sum()) for one in (PLACED, FITS_NONE, IN_THE_RUN, UNREADABLE)
    }
    into_clusters = table.loc[table["outcome"] == PLACED, "cluster"].nunique()
    return PlacedPhotographs(*files, outcomes, int(into_clusters), turned_away, tells)


def _known_clusters(layout: RunLayout, coins: pd.DataFrame, cluster: npt.NDArray[np.int64]) -> KnownClusters:
    describe_again(layout)
    cells, device = np.array(read_cells(layout, len(coins))), best_device()
    matching = Checkpoint.load(layout, checkpoints.require_finished(layout, None)).training.get("matching")
    with stage("compare known coins", (2 if matching is None else 1) * len(coins)) as advance:
        neighbours = (
            matching_coins(cells, device=device, advance=advance) if matching is None else matching.numpy()
        )
        return KnownClusters.of(cells, cluster, neighbours, device=device, advance=advance)


def _placed(layout: RunLayout, coins: pd.DataFrame, new: pd.DataFrame, clusters: KnownClusters) -> Placed:
    """Return where some new coins belong, whose photographs can be read and are not in the run."""
    options, device = training_of(layout), best_device()
    pixels = Pixels(*read_pixels(pixels_folder(layout.root.parent, PIXELS_KEY), new["sha256"].tolist()))
    known = KnownCoins(open_pixels(layout, coins), read_frames(layout, coins), clusters.cells)
    with stage("lay over known coins", len(new)) as advance:
        laid = lay_among(pixels, known, centre_crop=options.centre_crop, device=device, advance=advance)
    cells = laid.edges
    if clusters.cells.shape[-1] > ORIENTATIONS:
        aligned = Aligned(pixels, laid.frames)
        cells = _seen(layout, coins, options, known, aligned, laid.edges, device)
    with stage("compare new coins", len(new)) as advance:
        return clusters.place(cells, advance=advance)


def _seen(
    layout: RunLayout,
    coins: pd.DataFrame,
    options: TrainingOptions,
    known: KnownCoins,
    aligned: Aligned,
    edges: Floats,
    device: torch.device,
) -> Floats:
    """Return the cells of new coins with what the network of the run sees at each (n x 16 x 16 x 9 + k)."""
    backbone = load_same(options.description, described_with(layout), device)
    sample = np.unique(np.linspace(0, len(coins) - 1, min(len(coins), MOST_TO_FIT)).astype(int))
    some_coins = coins.iloc[sample]
    looked_at = Aligned(
        open_pixels(layout, some_coins),
        [known.frames[one] for one in sample.tolist()],
        cut_out=read_cut_outs(layout, some_coins),
    )
    with stage("look at coins", len(sample) + len(aligned)) as advance:
        maps = see_parts(looked_at, range(len(sample)), backbone, device=device, advance=advance)
        seeing, joined = Seeing.fit(maps, known.cells[sample]), []
        for start in range(0, len(aligned), SEEN_AT_ONCE):
            some_new = range(start, min(start + SEEN_AT_ONCE, len(aligned)))
            maps = see_parts(aligned, some_new, backbone, device=device, advance=advance)
            joined.append(seeing.join(maps, edges[some_new.start : some_new.stop]))
    return np.concatenate(joined)


def _told(new: pd.DataFrame, coins: pd.DataFrame, placed: Placed) -> pd.DataFrame:
    """Return what is told of the new coins, by the rows of the table of photographs."""
    ids, nearest = coins["coin_id"].to_numpy(), placed.matches.position
    told = pd.DataFrame(
        {
            "outcome": np.where(placed.fits, PLACED, FITS_NONE),
            "cluster": pd.array(placed.cluster, dtype="Int64"),
            "nearest_cluster": pd.array(placed.cluster, dtype="Int64"),
            "votes": placed.votes,
            "likeness": placed.matches.likeness.mean(axis=1).astype(float),
            "shortfall": placed.shortfall.astype(float),
        },
        index=new.index,
    )
    told.loc[~placed.fits, "cluster"] = pd.NA
    for rank, name in enumerate(NEAREST[: nearest.shape[1]]):
        told[name] = ids[nearest[:, rank]]
    return told


def _table(
    found: pd.DataFrame, original: pd.Series, of_run: pd.DataFrame, told: pd.DataFrame | None
) -> pd.DataFrame:
    """Return one row a photograph: what became of it, then why, then the columns of the table of coins."""
    told = pd.DataFrame(columns=list(TOLD)) if told is None else told
    told = told.reindex(index=found.index, columns=list(TOLD))
    rest = pd.Series(np.where(found["error"].isna(), IN_THE_RUN, UNREADABLE), index=found.index)
    known = original.map(of_run.set_index("coin_id")["cluster"]).astype("Int64")
    told["outcome"] = told["outcome"].where(told["outcome"].notna(), rest)
    for name in ("cluster", "nearest_cluster"):
        told[name] = told[name].astype("Int64").where(known.isna(), known)
    if "cluster_name" in of_run:
        names = of_run.drop_duplicates("cluster").set_index("cluster")["cluster_name"]
        told.insert(2, "cluster_name", told["cluster"].map(names))
    told["same_photograph_as"] = original
    table = pd.concat([found[["coin_id", "path"]], told], axis=1)
    for name in found.columns.drop(["coin_id", "path"]):
        free = name
        while free in table:  # a column of the table of coins
            free = f"table_{free}"
        table[free] = found[name]
    return table


def _report(table: pd.DataFrame) -> None:
    known = table.loc[table["outcome"] == IN_THE_RUN, "coin_id"].tolist()
    if known:
        told = count(len(known), "photograph is in the run already", "photographs are in the run already")
        log.warning("%s: %s", told, some(known))
