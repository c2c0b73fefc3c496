"""Extract: a checkpoint and its partition become the table of what is to be explained."""

from pathlib import Path
from typing import Any

import pandas as pd

from coin_xai.attribution import ALGORITHM_VERSION, METHODS
from coin_xai.errors import OptionError
from storage import checkpoints, runs
from storage.atomic import write_bytes, write_frame
from storage.fingerprint import fingerprint, hash_file
from storage.layout import RunLayout
from storage.markers import sweep
from tasks.collection import usable_coins
from tasks.steps import step

PICTURES_VERSION = "pictures-1"
"""Changes whenever the same maps would be drawn otherwise."""

Extracted = dict[str, Any]


@step(name="extract")
def extract(run: Path, *, epoch: int | None = None) -> Extracted:
    """Write the assignments of a finished training as Parquet and CSV.

    Args:
        run: folder of the run.
        epoch: of the checkpoint to explain; the last finished one without it.

    Returns:
        `explanation` (the fingerprint that names its folder), `epoch`, and `clusters` (the ids that hold
        coins).

    Raises:
        OptionError: no training of the run has ended at that epoch.
    """
    layout = runs.find(run)
    last = checkpoints.latest(layout, until=epoch, finished=True)
    if last is None or (epoch is not None and last != epoch):
        raise OptionError(
            f"{layout.root} has no finished checkpoint of epoch {'any' if epoch is None else epoch}; "
            "train it to that epoch first"
        )
    assignments = _joined(layout, last)
    identity = {
        "algorithm": ALGORITHM_VERSION,
        "pictures": PICTURES_VERSION,
        "methods": list(METHODS),
        "checkpoint": checkpoints.hash_of(layout, last),
        "assignments": hash_file(layout.final_assignments(last)),
    }
    explanation = layout.explanation(fingerprint(identity))
    sweep(explanation.root)  # the flow holds the lock of the run
    write_frame(explanation.assignments, assignments)
    write_bytes(explanation.assignments_csv, assignments.to_csv(index=False).encode())
    return {
        "explanation": explanation.root.name,
        "epoch": last,
        "clusters": [int(cluster) for cluster in sorted(assignments["cluster"].unique())],
    }


def _joined(layout: RunLayout, epoch: int) -> pd.DataFrame:
    """Return the partition with the columns of the table of coins behind it."""
    assignments = pd.read_parquet(layout.final_assignments(epoch))
    coins = usable_coins(layout).drop(columns=["path", "error"])
    joined = assignments.merge(coins, on="coin_id", how="left", validate="one_to_one", indicator=True)
    strangers = joined.loc[joined.pop("_merge") != "both", "coin_id"]
    if len(strangers):
        raise OptionError(f"{layout.coins} lacks coins of the partition: {', '.join(strangers[:5])}")
    return joined
