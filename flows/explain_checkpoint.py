"""The flow for a training that another program made: adopt it as a run, then explain it as any other."""

from pathlib import Path

from prefect import flow

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.options import ClaimsOptions
from flows.explain_clusters import explain_clusters
from flows.parameters import Foreign, Photographs, Place, Work
from tasks.running.flow_runs import accompanied
from tasks.running.steps import run_step


@flow(name="explain-checkpoint", flow_run_name="explain {foreign.checkpoint.name}")
@accompanied
def explain_checkpoint(
    photographs: Photographs,
    foreign: Foreign,
    place: Place = Place(),
    explanation: ExplanationOptions = ExplanationOptions(),
    work: Work = Work(),
    claims: ClaimsOptions = ClaimsOptions(),
) -> Path:
    """Explain every coin of a checkpoint of the published code, its kin, or a user's table of clusters.

    Returns:
        The folder of the explanation.
    """
    from flows.ingesting import ingest_photographs
    from tasks.adopt import adopt

    adopted = run_step(
        adopt,
        ingest_photographs(photographs, place.folder),
        photographs.images,
        place.folder,
        checkpoint=foreign.checkpoint,
        cluster_log=foreign.cluster_log,
        epoch=foreign.epoch,
        ignore_extras=foreign.ignore_extras,
        name=place.name,
    )
    return run_step(explain_clusters, adopted.run, adopted.epoch, explanation, work, claims)
