"""The explanation flow: extract, transform, load, recognise, publish."""

from pathlib import Path
from typing import Annotated

from prefect import flow
from pydantic import Field

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.options import ClaimsOptions
from flows.forms.absolute import require_absolute
from flows.forms.form import in_form
from flows.parameters import FOLDER_OR_ADDRESS, Work
from tasks.running.flow_runs import accompanied

RunFolder = Annotated[Path, Field(json_schema_extra={"pattern": FOLDER_OR_ADDRESS, "minLength": 1})]
Epoch = Annotated[int, Field(ge=1)]


@in_form("run_folder", "epoch", "explanation", "claims", "work")
@flow(name="explain-clusters", flow_run_name="explain {run_folder.name}")
@accompanied
def explain_clusters(
    run_folder: RunFolder,
    epoch: Epoch | None = None,
    explanation: ExplanationOptions = ExplanationOptions(),
    work: Work = Work(),
    claims: ClaimsOptions = ClaimsOptions(),
) -> Path:
    """Explain every coin of a trained run for its cluster; what is on disk already is not done again.

    A cluster that fails does not stop the others. Several processes can explain a run together, each its own
    clusters; the one that ends last publishes.

    Args:
        run_folder: Folder of the trained run, an absolute path as the worker's machine sees it, or its
            address in an object store.
        epoch: Epoch of the checkpoint to explain; left empty, the last finished one.
        explanation: What is shown of every coin beside the usual.
        work: Which clusters, what of earlier work to trust, and where it is done.
        claims: Which claims about the network are tested.

    Returns:
        The folder of the explanation, on this machine.

    Raises:
        RunFailedError: more clusters failed than allowed; it lists them, and the next run does only those.
    """
    # Imported when the flow runs: servers and workers look at flows without running them.
    from flows.explaining.explanation import explain_all
    from storage.runs import find
    from tasks.mirror import local_run, mirrored

    require_absolute(run_folder=run_folder, claims=claims)
    layout = find(local_run(run_folder))
    with mirrored(layout):
        return explain_all(layout, epoch, explanation, work, claims)
