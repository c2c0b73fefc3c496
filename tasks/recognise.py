"""Recognise: are coins recognised that were held out, and by what that has learnt nothing?"""

import logging
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.common.device import best_device
from coin_xai.deepcluster.features import extract_features
from coin_xai.deepcluster.held_out import train_without
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.evidence.recognition import folds_of, held_out, majority, rotated, shuffled
from coin_xai.evidence.recognition_tables import (
    NETWORK,
    Recognised,
    RecognitionTables,
    recognition_tables,
    told,
)
from coin_xai.matching.hog import extract_hog
from coin_xai.networks import GridNet, Network
from storage.layout import ExplanationLayout, RunLayout
from storage.maps import read_maps
from storage.markers import committing
from storage.tables import read_frame
from tasks.checkpoint import Checkpoint
from tasks.collection import chunks, open_pixels
from tasks.explaining.attribute import PENULTIMATE, network_of, untrained_network
from tasks.explaining.job import ExplanationJob
from tasks.explaining.recognition import read_recognition, recognition_fingerprint, write_recognition
from tasks.explaining.reuse import may_reuse
from tasks.photographs.outlines import open_shown
from tasks.running.progress import stage
from tasks.running.steps import skipped, step

log = logging.getLogger(__name__)

BATCH_SIZE = 64
PARTS = 5
"""Of the stage: a look at each coin for its gradients and one by the untrained network, and three questions
to heads that have not seen it: by gradients, by that network, and of shuffled clusters."""

Features = npt.NDArray[np.float32]
Positions = npt.NDArray[np.int64]


@step(name="recognise")
def recognise(job: ExplanationJob) -> float | None:
    """Keep which coins of a whole explanation are recognised when they are held out, and the controls.

    The features are those that lie with the maps. No more than one matrix of features is in memory at once.

    Returns:
        The share of coins that the network recognises; None where some coins are not explained.
    """
    explanation = job.explanation
    fingerprint = recognition_fingerprint(explanation)
    if fingerprint is None:
        return skipped(None, "not all clusters are explained, so nothing can be held out from all others")
    if may_reuse(explanation.recognition, fingerprint, job.reuse):
        known = read_recognition(explanation)
        share = None if known is None else known.recognition(NETWORK)
        return skipped(share, "the recognition of the same coins and features is there")
    tables = _tables(job.layout, explanation, Checkpoint.load(job.layout, job.epoch), epoch=job.epoch)
    with committing(explanation.recognition, fingerprint) as temporary:
        write_recognition(temporary, tables)
    log.info("%s", told(tables))
    return tables.recognition(NETWORK)


def _tables(
    layout: RunLayout, explanation: ExplanationLayout, checkpoint: Checkpoint, *, epoch: int
) -> RecognitionTables:
    coins = read_frame(explanation.assignments).sort_values("coin_id", kind="stable").reset_index(drop=True)
    options, cluster = checkpoint.options, coins["cluster"].to_numpy(dtype=np.int64)
    fold = folds_of(cluster, seed=options.seed)
    dealt = shuffled(cluster, fold, seed=options.seed)
    repeats = options.repeatable and checkpoint.adopted is None
    network, _options = network_of(checkpoint)
    own = None
    if repeats:
        own = _trained_without(layout, coins, options, network, cluster, fold, epochs=epoch)
    neighbours = checkpoint.training.get("matching")
    with stage("recognise", (PARTS if repeats else PARTS + 1) * len(coins)) as advance:
        inputs = rotated(_features(explanation, coins))
        by_chance = held_out(inputs, dealt, fold, advance=advance)
        if own is None:
            own = held_out(inputs, cluster, fold, advance=advance)
        inputs = rotated(
            extract_hog(open_pixels(layout, coins), centre_crop=options.centre_crop, advance=advance)
        )
        hog = held_out(inputs, cluster, fold, advance=advance)
        inputs = rotated(_untrained(layout, coins, options, network, advance))
        untrained = held_out(inputs, cluster, fold, advance=advance)
    return recognition_tables(
        coins["coin_id"].tolist(),
        Recognised(
            cluster=cluster,
            fold=fold,
            repeated="training" if repeats else "head",
            network=own,
            hog=hog,
            untrained=untrained,
            dealt=dealt,
            shuffled=by_chance,
            neighbours=None if neighbours is None else majority(neighbours.numpy(), cluster),
        ),
    )


def _trained_without(
    layout: RunLayout,
    coins: pd.DataFrame,
    options: TrainingOptions,
    network: Network,
    cluster: Positions,
    fold: Positions,
    *,
    epochs: int,
) -> Positions:
    """Return what networks take each coin for that were trained as this one was, without the coin's fold."""
    assert isinstance(network, GridNet)
    with stage("train without each fold", (epochs + 1) * len(coins)) as advance:
        return train_without(
            open_shown(layout, coins, options),
            cluster,
            fold,
            options,
            epochs=epochs,
            device=best_device(),
            front=network.front,
            advance=advance,
        )


def _features(explanation: ExplanationLayout, coins: pd.DataFrame) -> Features:
    """Return the features that lie with the maps, as the head takes them, by coin (N x d)."""
    row = {coin_id: position for position, coin_id in enumerate(coins["coin_id"])}
    rectified: Features | None = None
    for chunk in chunks(explanation, sorted(coins["cluster"].unique().tolist())):
        names, columns = read_maps(explanation.maps(*chunk.place) / "maps.parquet", {PENULTIMATE})
        features = columns[PENULTIMATE]
        if rectified is None:
            rectified = np.empty((len(coins), features.shape[1]), dtype=np.float32)
        rectified[[row[name] for name in names]] = np.maximum(features, 0)
    assert rectified is not None  # a run has coins
    return rectified


def _untrained(
    layout: RunLayout,
    coins: pd.DataFrame,
    options: TrainingOptions,
    trained: Network,
    advance: Callable[[int], None],
) -> Features:
    """Return the same of a network of this layout with the weights that it begins with."""
    features = extract_features(
        untrained_network(options, trained),
        open_shown(layout, coins, options),
        centre_crop=options.centre_crop,
        batch_size=BATCH_SIZE,
        device=best_device(),
        advance=advance,
    )
    return np.maximum(features, 0, out=features)
