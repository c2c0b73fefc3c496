"""Contrast: what tells each cluster from its nearest ones, on a few typical coins, computed once and kept."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from coin_xai.attribution.contrast import Contrast
from coin_xai.attribution.methods import MapMethod
from coin_xai.common.device import best_device
from coin_xai.evidence.cluster_table import nearest_clusters
from coin_xai.evidence.typical import typical_first
from coin_xai.networks import POOLING, normalise
from coin_xai.report.model import Against
from storage import checkpoints
from storage.fingerprint import fingerprint
from storage.layout import ExplanationLayout, RunLayout
from storage.maps import read_maps, write_maps
from storage.markers import committing, is_done
from tasks.explaining.attribute import explainer_of
from tasks.photographs.outlines import open_shown
from tasks.running.progress import stage

CONTRASTS_VERSION = "contrasts-2"
"""Changes whenever the same run would be contrasted otherwise."""

RIVALS, COINS = 2, 6
FILE = "contrasts.parquet"


def contrast(layout: RunLayout, explanation: ExplanationLayout, coins: pd.DataFrame, *, epoch: int) -> Path:
    """Write Finer-CAM of the most typical coins of each cluster against its rivals, unless it is there.

    The rivals of a cluster are the nearest RIVALS; what speaks for each of them and against the cluster is
    kept as well, since only both sides together tell what differs.

    Args:
        layout: the run.
        explanation: of the run, with the tables of `measure`.
        coins: those that are explained.
        epoch: epoch of the checkpoint.

    Returns:
        The folder.
    """
    folder, coins = explanation.page_contrasts, typical_first(coins)
    coin_ids = coins["coin_id"].tolist()
    contrasts_fingerprint = fingerprint([explanation.root.name, CONTRASTS_VERSION, coin_ids])
    if is_done(folder, contrasts_fingerprint):
        return folder
    typical = {int(rows["cluster"].iloc[0]): rows.head(COINS) for _, rows in coins.groupby("cluster")}
    unit = {cluster: int(rows["class_index"].iloc[0]) for cluster, rows in typical.items()}
    pairs = _pairs(explanation, coins)
    attributor, network, options = explainer_of(layout.root, epoch, checkpoints.hash_of(layout, epoch))
    lead: MapMethod = "grad_cam" if options.network in POOLING else "hires_cam"
    names: list[str] = []
    parts: list[dict[str, npt.NDArray[Any]]] = []
    with committing(folder, contrasts_fingerprint) as temporary, stage("contrast", len(pairs)) as advance:
        for cluster, rivals in pairs.items():
            rows = typical[cluster]
            squares = open_shown(layout, rows, options).centre_squares(
                np.arange(len(rows)), size_px=network.input_size_px, crop=options.centre_crop
            )
            attributions = attributor.attribute_each(
                normalise(torch.from_numpy(squares).to(best_device())),
                torch.full((len(rows),), unit[cluster], device=best_device()),
                methods=[lead],
                targets=[Contrast(unit[rival]) for rival in rivals],
            )
            for rival, one in zip(rivals, attributions, strict=True):
                names += rows["coin_id"].tolist()
                parts.append(
                    {
                        "cluster": np.full(len(rows), cluster),
                        "rival": np.full(len(rows), rival),
                        "map": one.maps[lead].float().cpu().numpy(),
                    }
                )
            advance(1)
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
        write_maps(temporary / FILE, names, columns)
    return folder


def read_contrasts(explanation: ExplanationLayout) -> list[Against]:
    """Return what `contrast` has kept, a pair of clusters after the other."""
    names, columns = read_maps(explanation.page_contrasts / FILE)
    if not names:
        return []
    maps = columns["map"].astype(np.float32)
    sides = np.stack([columns["cluster"], columns["rival"]], axis=1)
    contrasts = []
    for cluster, rival in np.unique(sides, axis=0).tolist():
        rows = np.flatnonzero((sides == (cluster, rival)).all(axis=1))
        contrasts.append(Against(cluster, rival, [names[row] for row in rows], maps[rows]))
    return contrasts


def _pairs(explanation: ExplanationLayout, coins: pd.DataFrame) -> dict[int, list[int]]:
    """Return the rivals of each cluster; who is a rival has one, too."""
    names, columns = read_maps(explanation.page_tables / "features.parquet")
    clusters = coins.set_index("coin_id").loc[names, "cluster"].to_numpy()
    near = nearest_clusters(columns["feature"].astype(np.float32), clusters)
    one_way = {(cluster, other) for cluster, others in near.items() for other, _ in others[:RIVALS]}
    rivals: dict[int, list[int]] = {}
    for cluster, other in sorted(one_way | {(other, cluster) for cluster, other in one_way}):
        rivals.setdefault(cluster, []).append(other)
    return rivals
