"""The explanation flow: extract, transform, load, publish."""

from pathlib import Path
from typing import Annotated

from prefect import flow
from pydantic import Field

from coin_xai.attribution.options import ExplanationOptions
from flows.parameters import Work
from tasks.flow_runs import accompanied

Epoch = Annotated[int, Field(ge=1, description="Epoch of the checkpoint; the last finished one if empty.")]


@flow(name="explain-clusters", flow_run_name="explain {run_folder.name}")
@accompanied()
def explain_clusters(
    run_folder: Path,
    epoch: Epoch | None = None,
    explanation: ExplanationOptions = ExplanationOptions(),
    work: Work = Work(),
) -> Path:
    """Explain every coin of a trained run for its cluster; what is on disk already is not done again.

    A cluster that fails does not stop the others. Several processes can explain a run together, each its own
    clusters; the one that ends last publishes.

    Args:
        run_folder: of the run, or its address in an object store.
        epoch: of the checkpoint; the last finished one without it.
        explanation: what to compute.
        work: how it is divided.

    Returns:
        The folder of the explanation, on this machine.

    Raises:
        RunFailedError: more clusters failed than allowed; it lists them, and the next run does only those.
    """
    # Imported when the flow runs: servers and workers look at flows without running them.
    from flows.explanation import explain_all
    from storage.runs import find
    from tasks.mirror import local_run, mirrored

    layout = find(local_run(run_folder))
    with mirrored(layout):
        return explain_all(layout, epoch, explanation, work)
