"""One segment of a training, from its last checkpoint to the next one, in this process or its part of it."""

import logging
import re
import time
from functools import partial
from pathlib import Path

import pandas as pd
import torch

from coin_xai.common.device import best_device
from coin_xai.common.memory import keep_freed_memory
from coin_xai.deepcluster.diagnostics import diagnose
from coin_xai.deepcluster.fixed_clusters import FixedClusters
from coin_xai.deepcluster.partitioning import Epoch, Outcome
from coin_xai.deepcluster.trainer import Trainer
from coin_xai.deepcluster.trainers import algorithm_of, trainer_of
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.descriptions import WEIGHTS, WEIGHTS_VERSION
from coin_xai.matching.views import chunks
from coin_xai.networks.names import ALIGNED
from coin_xai.networks.seen_cells import SeenCells
from coin_xai.optimisation.ranks import ALONE, Ranks
from storage import checkpoints, runs
from storage.atomic import write_frame
from storage.layout import RunLayout
from storage.lock import holding
from tasks.checkpoint import Checkpoint
from tasks.collection import open_pixels, training_of, usable_coins
from tasks.photographs.cells import keep_cells
from tasks.photographs.cut_outs import keep_cut_outs
from tasks.photographs.frames import keep_frames, read_frames
from tasks.photographs.outlines import keep_outlines, open_shown
from tasks.photographs.pretrained_maps import described_with, forget, see_once
from tasks.photographs.views import KeptViews, forget_turned_again
from tasks.running.meters import TRAINED, TRAINING_S, count, timed
from tasks.running.on_dask import spreading
from tasks.running.progress import expect, stage
from tasks.training.environment import environment, versions, warn_of_others
from tasks.training.initial_clusters import read_initial_clusters, require_same
from tasks.training.initial_weights import read_weights
from tasks.training.label_agreement import LabelAgreement, keep_baselines
from tasks.training.matched_before import take_matches
from tasks.training.matched_blocks import KeptBlocks, forget_matches
from tasks.training.memory import say_memory_of_matching
from tasks.training.metrics import Metrics
from tasks.training.order import Order
from tasks.training.partitions import final_table, partition_table
from tasks.training.training_curves import draw_training_curves, show_training_curves

log = logging.getLogger(__name__)

# Where epochs are long, a checkpoint is kept also between those that were asked for.
LONGEST_UNSAVED_S = 300.0
SECONDS_TO_END = 120
"""How long processes that somebody killed may take to end."""


def train_here(layout: RunLayout, order: Order, *, ranks: Ranks = ALONE) -> None:
    """Do what `train` says in this process, the first one if there are others."""
    keep_freed_memory()
    # The run's lock is held already, by this process or the one that started it. Where that was killed, the
    # processes that it had started end a moment later.
    with holding(layout.training_lock, patience_s=SECONDS_TO_END):
        until, epochs, label = order.until, order.epochs, order.label
        latest = checkpoints.latest(layout, until=epochs)
        coins = usable_coins(layout)
        trainer = _trainer(layout, coins, latest, order.init_weights, ranks)
        if latest is None:  # else the checkpoint holds what was made of them
            given = read_initial_clusters(
                coins, features=order.features, init_assignments=order.init_assignments
            )
            require_same(given, runs.read_record(layout)["identity"])
            given.hand_over(trainer.fixed_clusters)
        metrics = Metrics(layout)
        trainer.fixed_clusters.see = partial(see_once, layout, weights=described_with(layout))
        with spreading(order.dask, at_most=_shares(coins)) as spread:
            trainer.fixed_clusters.views = KeptViews(layout, coins, spread=spread)
            trainer.fixed_clusters.compare = KeptBlocks(layout, spread=spread)
            if trainer.fixed_clusters.pending:
                take_matches(layout, coins, trainer.fixed_clusters)
                if trainer.fixed_clusters.pending:
                    say_memory_of_matching(len(coins), trainer.options)
                    trainer.fixed_clusters.find(stage=stage)
                if trainer.fixed_clusters.at_any_angle:
                    log.info("coins lie at any angle: they are compared at every turn, by their edges alone")
            if trainer.options.network in ALIGNED:
                _lay_over(layout, coins, trainer)
        trainer.fixed_clusters.let_go()
        baselines = None if label is None else keep_baselines(layout, coins, trainer)
        judge = LabelAgreement(coins, label, baselines)
        saved = time.monotonic()
        said = None if latest is None else metrics.row(latest).get("warnings")
        warnings: list[str] = []
        if isinstance(trainer, DeepCluster) and trainer.fixed_clusters.used_in(trainer.epochs_done):
            trainer.fixed_clusters.cluster(stage=stage)
        while trainer.epochs_done < until:
            passing = trainer.photographs_per_epoch
            expect("train", passing * (epochs - trainer.epochs_done))
            with stage("train", passing) as advance, timed(TRAINING_S):
                epoch = trainer.run_epoch(advance=advance)
            count(TRAINED, passing)
            warnings = _keep(layout, coins, trainer, epoch, judge, metrics)
            if trainer.epochs_done < until and time.monotonic() - saved > LONGEST_UNSAVED_S:
                _save(layout, trainer, metrics)
                saved = time.monotonic()
        outcome = None
        if until == epochs:
            with stage("fit head", len(coins)) as advance:
                outcome = trainer.finish(advance=advance)
            warnings = _keep(layout, coins, trainer, outcome.last, judge, metrics)
            write_frame(layout.final_assignments(until), final_table(coins, outcome))
        _save(layout, trainer, metrics, outcome=outcome)
        forget_steps(layout)
        for warning in new_warnings(warnings, before=said):
            log.warning("after epoch %d: %s", until, warning)


def prepare(layout: RunLayout, *, dask: str | None = None) -> None:
    """Find beforehand what all processes that train together read; this one asks no GPU.

    Args:
        layout: the run.
        dask: address of the cluster that looks at coins, if one does.
    """
    options, coins = training_of(layout), usable_coins(layout)
    pixels = open_pixels(layout, coins)
    if options.background == "remove":
        keep_outlines(layout, coins, pixels)
    if options.network not in ALIGNED:
        return
    if not layout.frames.exists():
        clusters = FixedClusters(pixels, options, device=torch.device("cpu"))
        with spreading(dask, at_most=_shares(coins)) as spread:
            clusters.views = KeptViews(layout, coins, spread=spread)
            take_matches(layout, coins, clusters)
            if clusters.frames is None:
                say_memory_of_matching(len(coins), options)
            keep_frames(layout, coins, clusters.find_frames(stage=stage))
    keep_cut_outs(layout, Aligned(pixels, read_frames(layout, coins)))


def _shares(coins: pd.DataFrame) -> int:
    """Return how many processes there is work for, where coins are looked at."""
    return len(list(chunks(len(coins))))


def _lay_over(layout: RunLayout, coins: pd.DataFrame, trainer: Trainer) -> None:
    """Find where the coins lie and cut them out, unless that is done, and keep it."""
    fixed_clusters = trainer.fixed_clusters
    if fixed_clusters.frames is None:
        say_memory_of_matching(len(coins), trainer.options)
        fixed_clusters.find_frames(stage=stage)
    keep_frames(layout, coins, fixed_clusters.find_frames())
    keep_cut_outs(layout, fixed_clusters.aligned)
    trainer.shown = open_shown(layout, coins, trainer.options)
    if fixed_clusters.cells is not None:
        keep_cells(layout, fixed_clusters.cells)


def forget_steps(layout: RunLayout) -> None:
    """Remove what a run has kept on the way to its first checkpoint, once that holds what was made of it."""
    forget(layout)
    forget_turned_again(layout)
    forget_matches(layout)


def new_warnings(warnings: list[str], *, before: str | None) -> list[str]:
    """Return the warnings that say something new, whatever figures stand in them.

    Args:
        warnings: what the figures warn of now.
        before: those of the checkpoint before, one behind the other; they were said then.
    """
    known = _without_figures(before or "")
    return [warning for warning in warnings if _without_figures(warning) not in known]


def _without_figures(text: str) -> str:
    return re.sub(r"[\d.]+", "#", text)


def follow_here(layout: RunLayout, ranks: Ranks) -> None:
    """Do this process's part of what the first one does in `train_here`, until that has ended."""
    keep_freed_memory()
    coins = usable_coins(layout)
    trainer = _fresh(layout, coins, ranks)
    assert isinstance(trainer, DeepCluster)
    for front in _fronts(trainer):
        front.has_weights = True  # they come from the first process, as all weights do
    trainer.shown = open_shown(layout, coins, trainer.options)
    trainer.follow()


def _fronts(trainer: Trainer) -> list[SeenCells]:
    return [part for part in trainer.network.modules() if isinstance(part, SeenCells)]


def _fresh(layout: RunLayout, coins: pd.DataFrame, ranks: Ranks) -> Trainer:
    """Return what trains the run, as before its first epoch."""
    options, pixels = training_of(layout), open_pixels(layout, coins)
    outlines = keep_outlines(layout, coins, pixels) if options.background == "remove" else None
    frames = read_frames(layout, coins) if layout.frames.exists() else None
    return trainer_of(pixels, options, device=best_device(), outlines=outlines, frames=frames, ranks=ranks)


def _trainer(
    layout: RunLayout, coins: pd.DataFrame, latest: int | None, init_weights: Path | None, ranks: Ranks
) -> Trainer:
    """Return what trains the run, as it was at its last checkpoint."""
    identity = runs.read_record(layout)["identity"]
    trainer = _fresh(layout, coins, ranks)
    if latest is None:
        for front in _fronts(trainer):
            front.read_weights()  # before minutes are spent on clusters, and before other processes get them
    if latest is not None:
        kept = Checkpoint.load(layout, latest)
        trainer.restore(kept.training)
        log.info("continuing after epoch %d", latest)
        warn_of_others(kept.environment or {}, processes=ranks.count)
    elif identity["initial_weights"] is not None:
        taken = trainer.start_from(read_weights(init_weights, identity["initial_weights"]))
        log.info("took %d tensors of the initial weights %s", len(taken.taken), init_weights)
        for name, reason in taken.unused.items():
            log.warning("the initial weights '%s' are not used: %s", name, reason)
        if taken.as_drawn:
            log.warning("the initial weights lack these, which start random: %s", ", ".join(taken.as_drawn))
    return trainer


def _keep(
    layout: RunLayout,
    coins: pd.DataFrame,
    trainer: Trainer,
    epoch: Epoch,
    judge: LabelAgreement,
    metrics: Metrics,
) -> list[str]:
    """Write the partition of an epoch and its row of figures; return what the figures so far warn of."""
    write_frame(layout.assignments(epoch.number), partition_table(coins, epoch.clustering))
    metrics.keep({**epoch.metrics, **judge.figures(epoch.clustering.cluster)})
    rows = metrics.rows(epoch.number)
    warnings = diagnose(rows, n_coins=len(coins), k=trainer.options.k)
    metrics.keep({"epoch": epoch.number, "warnings": " ".join(warnings)})
    log.info(
        "epoch %d: loss %s, AMI to previous %s, seed stability %s",
        epoch.number,
        *(_short(rows[-1][name]) for name in ("loss", "ami_to_previous", "seed_stability_ami")),
    )
    return warnings


def _save(layout: RunLayout, trainer: Trainer, metrics: Metrics, *, outcome: Outcome | None = None) -> None:
    """Keep a checkpoint, of a finished training if it has an outcome, and show how far the run has come."""
    rows = metrics.rows(trainer.epochs_done)
    draw_training_curves(layout, rows)  # before the checkpoint: what is finished is not done again
    checkpoint = Checkpoint(
        training=trainer.state(),
        options=trainer.options,
        algorithm=algorithm_of(trainer.options),
        versions=versions(_networks(layout, trainer)),
        environment=environment(trainer.ranks.count),
        partition=None if outcome is None else _final_partition(outcome),
    )
    checkpoint.save(layout, trainer.epochs_done, finished=outcome is not None)
    show_training_curves(layout, rows)  # after it: a server that does not answer costs no epoch


def _networks(layout: RunLayout, trainer: Trainer) -> dict[str, str]:
    """Return which networks see the coins that have not learnt here, and what tells their weights."""
    options, edges_alone = trainer.options, trainer.fixed_clusters.at_any_angle
    ours = options.front != "edges" if edges_alone else options.pretrained
    found = {WEIGHTS.replace("_", "-"): WEIGHTS_VERSION} if ours else {}
    if not edges_alone and (weights := described_with(layout)) is not None:
        found[options.description] = weights[:12]
    return found


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _final_partition(outcome: Outcome) -> dict[str, torch.Tensor]:
    """Return what explanations of the clustering itself need: centroids and the reduction before them."""
    clustering, whitening = outcome.clustering, outcome.whitening
    return {
        "centroids": torch.from_numpy(clustering.centroids),
        "class_to_cluster": torch.from_numpy(clustering.class_to_cluster),
        "pca_mean": torch.from_numpy(whitening.mean),
        "pca_components": torch.from_numpy(whitening.components),
        "pca_variances": torch.from_numpy(whitening.variances),
        "rectified": torch.tensor(whitening.rectified),
    }
