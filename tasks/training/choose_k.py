"""Choose k: the evidence for the number of clusters, as a table and a picture."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from coin_xai.clustering.choose_k import Evidence, candidates, try_all
from coin_xai.common.device import best_device
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.trainer import Trainer
from coin_xai.deepcluster.trainers import trainer_of
from coin_xai.errors import OptionError
from coin_xai.networks.names import ALIGNED
from coin_xai.photographs.pixels import Pixels
from coin_xai.report.k_curves import k_curves
from storage import checkpoints, runs
from storage.atomic import write_bytes
from storage.layout import pixels_folder
from storage.pixel_cache import read_pixels
from storage.tables import csv_bytes
from tasks.checkpoint import Checkpoint
from tasks.ingest import PIXELS_KEY, Ingested
from tasks.photographs.frames import read_frames
from tasks.photographs.outlines import read_outlines
from tasks.running.progress import stage
from tasks.training.initial_clusters import read_initial_clusters
from tasks.training.initial_weights import identify_weights, read_weights


class Chosen(NamedTuple):
    """Where the evidence was written, and what it is."""

    table: Path
    picture: Path
    evidence: Evidence


def choose_k(
    ingested: Ingested,
    options: TrainingOptions,
    *,
    folder: Path,
    into: Path,
    run: Path | None = None,
    lowest: int = 2,
    highest: int | None = None,
) -> Chosen:
    """Try a range of k on what would be clustered, and write `choose-k.csv` and `choose-k.png`.

    Args:
        ingested: the photographs.
        options: of the network and of k-means; its k does not count.
        folder: of all runs, where the pixels are.
        into: where to write.
        run: take the network as this run has trained it so far, with the options of that run; else a fresh
            one, or the initial weights of the options. Where parts are matched, no network counts.
        lowest: the smallest k.
        highest: the largest; a fifth of the coins, at most 100, without it.

    Raises:
        OptionError: the range does not fit the coins, or the run is of other photographs.
        MissingError: the run has no checkpoint.
    """
    ks = candidates(ingested.usable, lowest=lowest, highest=highest)
    trainer = _trainer(ingested, options, folder, run)
    if trainer.options.network in ALIGNED and not trainer.fixed_clusters.enabled:
        trainer.fixed_clusters.find_frames(stage=stage)
    points = trainer.points(stage=stage)
    with stage("choose k", len(ks)) as advance:
        evidence = try_all(
            points,
            ks,
            seed=trainer.options.seed,
            restarts=trainer.options.kmeans_restarts,
            iterations=trainer.options.kmeans_iterations,
            advance=advance,
        )
    table, picture = into / "choose-k.csv", into / "choose-k.png"
    write_bytes(table, csv_bytes(evidence.table))
    write_bytes(picture, k_curves(evidence))
    return Chosen(table, picture, evidence)


def _trainer(ingested: Ingested, options: TrainingOptions, folder: Path, run: Path | None) -> Trainer:
    coins = pd.read_parquet(ingested.table)
    coins = coins[coins["error"].isna()].sort_values("coin_id", kind="stable")
    pixels = Pixels(*read_pixels(pixels_folder(folder, PIXELS_KEY), coins["sha256"].tolist()))
    if run is not None:
        return _trained(coins, pixels, ingested, run)
    if options.init_assignments is not None:
        raise OptionError("given clusters are as many as they are: leave --init-assignments out")
    given = read_initial_clusters(coins, features=options.features, init_assignments=None)
    # Whatever k was given, it is what is looked for.
    chosen = given.completed(options).model_copy(update={"k": 2})
    trainer = trainer_of(pixels, chosen, device=best_device())
    given.hand_over(trainer.fixed_clusters)
    if options.init_weights is not None:
        weights = options.init_weights
        trainer.start_from(read_weights(weights, identify_weights(weights)))
    return trainer


def _trained(coins: pd.DataFrame, pixels: Pixels, ingested: Ingested, run: Path) -> Trainer:
    layout = runs.find(run)
    identity = runs.read_record(layout)["identity"]
    if identity["photographs"] != ingested.fingerprint:
        raise OptionError(f"the run {run} was trained on other photographs than these: leave --run out")
    epoch = checkpoints.latest(layout)
    if epoch is None:
        raise OptionError(f"the run {run} has no checkpoint yet: train it first, or leave --run out")
    options = TrainingOptions.model_validate(identity["training"])
    outlines = read_outlines(layout, coins) if options.background == "remove" else None
    frames = read_frames(layout, coins) if layout.frames.exists() else None
    trainer = trainer_of(pixels, options, device=best_device(), outlines=outlines, frames=frames)
    trainer.restore(Checkpoint.load(layout, epoch).training)
    return trainer
