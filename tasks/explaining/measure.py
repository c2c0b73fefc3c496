"""Measure: what the page shows of coins beside their maps, computed once for a partition and kept."""

import os
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from coin_xai.clustering.reduction import default_dimensions, fit_whitening
from coin_xai.common.device import best_device
from coin_xai.common.prefetch import prefetch
from coin_xai.evidence.cluster_overlap import cluster_overlap
from coin_xai.evidence.concepts import factorise
from coin_xai.evidence.embedding import pca_plane, tsne_plane
from coin_xai.evidence.neighbours import nearest
from coin_xai.evidence.typical import typical_first
from coin_xai.networks import Network, normalise
from coin_xai.photographs.cleaning import cleaning_list
from coin_xai.photographs.near_duplicates import near_duplicates
from coin_xai.photographs.pixels import Pixels
from coin_xai.photographs.quality import measure as measure_quality
from storage import checkpoints
from storage.fingerprint import fingerprint
from storage.layout import ExplanationLayout, RunLayout
from storage.maps import read_maps, write_maps
from storage.markers import committing, is_done
from storage.tables import csv_bytes, read_frame
from tasks.checkpoint import Checkpoint
from tasks.collection import chunks, open_pixels, usable_coins
from tasks.explaining.attribute import PENULTIMATE, explainer_of, reduction_of
from tasks.ingest import NOTE
from tasks.photographs.outlines import open_shown
from tasks.running.progress import stage

MEASURES_VERSION = "measures-7"
"""Changes whenever the same run would be measured otherwise."""

BATCH_SIZE = 64
PROCESSORS = len(os.sched_getaffinity(0))
NEIGHBOURS = 6
CONCEPTS = 4
MOST_TYPICAL = 24
"""Coins of a cluster whose concepts are looked for; the page shows the first few of them."""

TABLES = ("measures", "neighbours", "history", "cleaning")


def measure(
    layout: RunLayout,
    explanation: ExplanationLayout,
    coins: pd.DataFrame,
    *,
    epoch: int,
    checkpoint: Checkpoint,
) -> Path:
    """Write the tables of the coins that are explained, unless they are there.

    Args:
        layout: the run.
        explanation: of the run.
        coins: those of the assignments whose maps are there, by coin_id.
        epoch: epoch of the checkpoint.
        checkpoint: that is explained.

    Returns:
        Their folder. `features` holds what k-means saw: whitened features in rows of length 1.
    """
    folder = explanation.page_tables
    coin_ids = typical_first(coins)["coin_id"].tolist()
    tables_fingerprint = fingerprint([explanation.root.name, MEASURES_VERSION, coin_ids])
    if is_done(folder, tables_fingerprint):
        return folder
    _, network, options = explainer_of(layout.root, epoch, checkpoints.hash_of(layout, epoch))
    pixels = open_pixels(layout, coins)
    with committing(folder, tables_fingerprint) as temporary, stage("measure", len(coins)) as advance:
        reduced = _reduced(explanation, coins, checkpoint)
        quality = []
        for found in prefetch(
            lambda row: measure_quality(pixels[row]), range(len(pixels)), workers=PROCESSORS
        ):
            quality.append(asdict(found))
            advance(1)
        measured = pd.DataFrame(quality)
        for name, plane in (
            ("pca", pca_plane(reduced)),
            ("tsne", tsne_plane(reduced, seed=options.seed)),
        ):
            measured[f"{name}_x"], measured[f"{name}_y"] = plane[:, 0], plane[:, 1]
        measured.insert(0, "coin_id", coins["coin_id"])
        matches = _matches(layout, coins, checkpoint)
        measured["purity"] = np.nan if matches is None else measured["coin_id"].map(matches.purity)
        cleaning = cleaning_list(
            coins.reindex(columns=["coin_id", "path", "cluster", "width", "height", NOTE]).join(
                measured.drop(columns="coin_id")
            ),
            near_duplicates(pixels),
        )
        tables = {
            "measures": measured,
            "neighbours": pd.concat(
                [_neighbours(coins, reduced), *([] if matches is None else [matches.neighbours])],
                ignore_index=True,
            ),
            "history": _history(layout, coins, epoch),
            "cleaning": cleaning,
        }
        for name in TABLES:
            tables[name].to_parquet(temporary / f"{name}.parquet", index=False)
            (temporary / f"{name}.csv").write_bytes(csv_bytes(tables[name]))
        write_maps(temporary / "features.parquet", coins["coin_id"].tolist(), {"feature": reduced})
        shown = open_shown(layout, coins, options)
        write_maps(temporary / "concepts.parquet", *_concepts(network, shown, coins, options.centre_crop))
    return folder


def _reduced(
    explanation: ExplanationLayout, coins: pd.DataFrame, checkpoint: Checkpoint
) -> npt.NDArray[np.float32]:
    """Return the features of the coins in the reduction that they were clustered in (N x d).

    For a network trained elsewhere it is one like it, of all features together; otherwise no more of them
    are in memory at once than those of a chunk.
    """
    partition = checkpoint.partition
    whitening = partition and reduction_of(partition)
    names: list[str] = []
    parts = []
    for chunk in chunks(explanation, sorted(coins["cluster"].unique())):
        coin_ids, columns = read_maps(explanation.maps(*chunk.place) / "maps.parquet", {PENULTIMATE})
        features = columns[PENULTIMATE].astype(np.float32)
        names += coin_ids
        parts.append(whitening.apply(features) if whitening else features)
    row = {coin_id: position for position, coin_id in enumerate(names)}
    whole: npt.NDArray[np.float32] = np.concatenate(parts)[[row[coin_id] for coin_id in coins["coin_id"]]]
    return whole if whitening else fit_whitening(whole, default_dimensions(len(whole))).apply(whole)


def _neighbours(coins: pd.DataFrame, features: npt.NDArray[np.float32]) -> pd.DataFrame:
    """Return one row a coin and neighbour: coin_id, kind (same, other), rank, neighbour, similarity."""
    names = coins["coin_id"].to_numpy(dtype=object)
    parts = []
    for kind, neighbours in zip(
        ("same", "other"), nearest(features, coins["cluster"].to_numpy(), count=NEIGHBOURS), strict=True
    ):
        coin, rank = np.nonzero(neighbours.position >= 0)
        parts.append(
            pd.DataFrame(
                {
                    "coin_id": names[coin],
                    "kind": kind,
                    "rank": rank + 1,
                    "neighbour": names[neighbours.position[coin, rank]],
                    "similarity": neighbours.similarity[coin, rank],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


class _Matches(NamedTuple):
    """What the graph of the matching says of the coins: it knows who matches best, not how well.

    Attributes:
        neighbours: rows of neighbours.
        purity: of the ten coins that match each best, the share of those in its cluster, by coin_id.
    """

    neighbours: pd.DataFrame
    purity: pd.Series


def _matches(layout: RunLayout, coins: pd.DataFrame, checkpoint: Checkpoint) -> _Matches | None:
    """Return what the graph of the matching says of some coins: their best matches, and their purity.

    None of a run whose clusters were not cut from such a graph.

    Args:
        layout: the run.
        coins: those that are explained; others may be among the matches, and are in no cluster.
        checkpoint: whose graph it is (N x m, the coins of the run by coin_id).
    """
    graph = checkpoint.training.get("matching")  # of given vectors, too, which say nothing of parts
    if graph is None or not checkpoint.options.ends_with_matched:
        return None
    names = usable_coins(layout)["coin_id"].to_numpy(dtype=object)
    cluster = coins.set_index("coin_id")["cluster"].reindex(names).to_numpy()
    neighbours = graph.numpy()
    best = neighbours[:, :NEIGHBOURS]
    rows = pd.DataFrame(
        {
            "coin_id": np.repeat(names, best.shape[1]),
            "kind": "match",
            "rank": np.tile(np.arange(best.shape[1]) + 1, len(names)),
            "neighbour": names[best].ravel(),
            "similarity": np.nan,
        }
    )
    same = cluster[neighbours] == cluster[:, None]
    return _Matches(rows[rows["coin_id"].isin(coins["coin_id"])], pd.Series(same.mean(axis=1), index=names))


def _history(layout: RunLayout, coins: pd.DataFrame, epoch: int) -> pd.DataFrame:
    """Return one row a coin and epoch: coin_id, epoch, cluster, kept_company (with the last partition)."""
    parts = []
    now = coins.set_index("coin_id")["cluster"]
    for number in range(epoch + 1):
        file = layout.assignments(number)
        if not file.exists():  # a network that was trained elsewhere brings the epochs that its log has
            continue
        before = read_frame(file, ["coin_id", "cluster"])
        before = before[before["coin_id"].isin(now.index)]
        kept = cluster_overlap(before["cluster"].to_numpy(), now[before["coin_id"]].to_numpy())
        parts.append(before.assign(epoch=number, kept_company=kept))
    columns = ["coin_id", "epoch", "cluster", "kept_company"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame({name: [] for name in columns})


def _concepts(
    network: Network, pixels: Pixels, coins: pd.DataFrame, centre_crop: float
) -> tuple[list[str], dict[str, npt.NDArray[np.generic]]]:
    """Return the concepts of each cluster on its most typical coins, the most typical first."""
    squares_of = partial(pixels.centre_squares, size_px=network.input_size_px, crop=centre_crop)
    names: list[str] = []
    parts: list[dict[str, npt.NDArray[np.generic]]] = []
    ordered = typical_first(coins)
    for _cluster, members in ordered.groupby("cluster"):
        typical = members.index.to_numpy()[:MOST_TYPICAL]
        concepts = factorise(_layer_maps(network, squares_of(typical)), concepts=CONCEPTS)
        missing = CONCEPTS - concepts.places.shape[1]
        places = np.pad(concepts.places, ((0, 0), (0, missing), (0, 0), (0, 0)))
        names += members["coin_id"].tolist()[:MOST_TYPICAL]
        parts.append(
            {
                "places": places,
                "share": np.pad(concepts.share, ((0, 0), (0, missing))),
                "explained": np.full(len(typical), concepts.explained),
            }
        )
    return names, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _layer_maps(network: Network, squares: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return what the layer of Grad-CAM holds of some squares (n x channels x h x w)."""
    kept: list[npt.NDArray[np.float32]] = []
    layer = network.get_submodule(network.attribution_layer)
    hook = layer.register_forward_hook(lambda _layer, _in, out: kept.append(out.float().cpu().numpy()))
    try:
        with torch.inference_mode():
            for start in range(0, len(squares), BATCH_SIZE):
                batch = torch.from_numpy(squares[start : start + BATCH_SIZE]).to(best_device())
                network.features(network.sobel(normalise(batch)))
    finally:
        hook.remove()
    return np.concatenate(kept)
