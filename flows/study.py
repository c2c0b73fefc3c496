"""The whole job: train, then explain."""

from pathlib import Path

from prefect import flow

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.options import ClaimsOptions
from coin_xai.deepcluster.options import TrainingOptions
from flows.explain_clusters import explain_clusters
from flows.forms.absolute import require_absolute
from flows.forms.form import in_form
from flows.forms.names import named
from flows.parameters import Duration, Photographs, Place, Work
from flows.train_clusters import train_clusters
from tasks.running.flow_runs import accompanied, rename
from tasks.running.steps import run_step


@in_form("photographs", "place", "duration", "training", "explanation", "claims")
@flow(name="study", flow_run_name=named("study"))
@accompanied
def study(
    photographs: Photographs,
    training: TrainingOptions = TrainingOptions(),
    duration: Duration = Duration(),
    place: Place = Place(),
    explanation: ExplanationOptions = ExplanationOptions(),
    claims: ClaimsOptions = ClaimsOptions(),
) -> Path:
    """Cluster a folder of photographs and explain every coin for its cluster.

    Args:
        photographs: Which photographs, and what is known about the coins.
        training: How coins are clustered. Everybody sets k; the other defaults have their reasons.
        duration: How long to train, and what to compare the clusters with.
        place: What the run is called, and where it is kept.
        explanation: What is shown of every coin beside the usual.
        claims: Which claims about the network are tested.

    Returns:
        The folder of the explanation.
    """
    # Imported when the flow runs: servers and workers look at flows without running them.
    from tasks.planned import stages_of_explanation, stages_of_training
    from tasks.running.progress import plan

    require_absolute(photographs=photographs, training=training, place=place, claims=claims)
    if claims.parts_table is not None:
        from tasks.claims.marked import require_file

        require_file(claims.parts_table)
    plan(
        [
            *stages_of_training(training, label=duration.label),
            *stages_of_explanation(training, claims=claims.claims is not None),
        ]
    )
    run_folder = run_step(train_clusters, photographs, training, duration, place)
    rename(f"study {run_folder.name}")
    work = Work(dask=duration.dask)
    return run_step(explain_clusters, run_folder, duration.epochs, explanation, work, claims)
