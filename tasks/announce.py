"""Tells a Prefect server that there is a new checkpoint, so that its explanation can follow by itself."""

from pathlib import Path
from typing import Any

from prefect.assets import add_asset_metadata, materialize
from prefect.cache_policies import NO_CACHE
from prefect.context import AssetContext

from storage import checkpoints, runs
from tasks.assets import CHECKPOINT
from tasks.mirror import address


@materialize(
    CHECKPOINT,
    name="announce",
    task_run_name="announce the checkpoint of epoch {epoch}",
    cache_policy=NO_CACHE,
    persist_result=False,
)
def announce(run: Path, *, epoch: int) -> dict[str, Any]:
    """Say where a checkpoint lies and which one it is, as the payload of an event.

    Returns:
        The payload: `run_folder` (absolute, or the address in a store), `epoch` and `checkpoint_sha256`.
    """
    layout = runs.find(run)
    payload = {
        "run_folder": address(layout),
        "epoch": epoch,
        "checkpoint_sha256": checkpoints.hash_of(layout, epoch),
    }
    if AssetContext.get() is not None:
        add_asset_metadata(CHECKPOINT, payload)
    return payload
