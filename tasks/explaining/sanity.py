"""Sanity: whether the maps of a run depend on what its network has learnt."""

from pathlib import Path

import numpy as np
import torch

from coin_xai.common.device import best_device
from coin_xai.evidence.sanity import cascade, sanity, verdicts
from coin_xai.networks import normalise
from coin_xai.report.sanity_curves import sanity_curves
from storage import checkpoints, runs
from storage.atomic import write_bytes
from storage.tables import csv_bytes, read_frame
from tasks.collection import usable_coins
from tasks.explaining.attribute import load_network
from tasks.photographs.outlines import open_shown
from tasks.running.progress import stage

SEED = 0


def check_sanity(run: Path, *, epoch: int | None = None, coins: int = 48) -> Path:
    """Run both tests on some coins of a finished training and keep table, summary and picture.

    Args:
        run: folder of the run.
        epoch: of the checkpoint; the last finished one without it.
        coins: how many, spread evenly over the clusters.

    Returns:
        The folder of `sanity.csv` (a row per test, layer, method and coin), `summary.csv` and `sanity.png`.
    """
    layout = runs.find(run)
    last = checkpoints.require_finished(layout, epoch)
    network, options = load_network(run, last)
    members = read_frame(layout.final_assignments(last))
    chosen = members.sort_values(["cluster", "distance", "coin_id"], kind="stable")
    chosen = chosen.iloc[np.unique(np.linspace(0, len(chosen) - 1, coins).round().astype(int))]
    shown = usable_coins(layout).set_index("coin_id").loc[chosen["coin_id"]].reset_index()
    pixels = open_shown(layout, shown, options)
    squares = pixels.centre_squares(
        np.arange(len(pixels)), size_px=network.input_size_px, crop=options.centre_crop
    )
    photographs = normalise(torch.from_numpy(squares).to(best_device()))
    generator = torch.Generator().manual_seed(SEED)
    layers = sum(1 for _ in cascade(network, generator))
    with stage("sanity", layers + 1) as advance:
        table = sanity(
            network,
            photographs,
            torch.tensor(chosen["class_index"].to_numpy(), device=best_device()),
            layer=network.attribution_layer,
            units=network.head.out_features,
            generator=generator,
            advance=advance,
        )
    table["coin_id"] = chosen["coin_id"].to_numpy()[table.pop("coin")]
    folder = layout.sanity(last)
    write_bytes(folder / "sanity.csv", csv_bytes(table))
    write_bytes(folder / "summary.csv", csv_bytes(verdicts(table)))
    write_bytes(folder / "sanity.png", sanity_curves(table))
    return folder
