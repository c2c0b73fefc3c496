"""Tells a Prefect server that a training has finished, so that an explanation can follow by itself."""

from pathlib import Path

from prefect.context import TaskRunContext
from prefect.events import emit_event

from storage import checkpoints, runs
from tasks.mirror import address
from tasks.running.assets import CHECKPOINT_FINISHED, checkpoint_asset
from tasks.running.steps import step


@step(name="announce", task_run_name="announce the checkpoint of epoch {epoch}")
def announce(run: Path, *, epoch: int) -> dict[str, str | int]:
    """Say where a checkpoint lies and which one it is, as the payload of an event.

    Returns:
        The payload: `run_folder` (absolute, or the address in a store), `epoch` and `checkpoint_sha256`.
    """
    layout = runs.find(run)
    payload: dict[str, str | int] = {
        "run_folder": address(layout),
        "epoch": epoch,
        "checkpoint_sha256": checkpoints.hash_of(layout, epoch),
    }
    if TaskRunContext.get() is not None:
        asset = checkpoint_asset(layout.root.name, epoch)
        emit_event(CHECKPOINT_FINISHED, resource={"prefect.resource.id": asset.key}, payload=payload)
    return payload
