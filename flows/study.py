"""The whole job: train, then explain."""

from pathlib import Path

from prefect import flow

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from flows.explain_clusters import explain_clusters
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters
from tasks.flow_runs import accompanied, rename
from tasks.steps import run


@flow(name="study", flow_run_name="study {photographs.images.name}, k {training.k}, seed {training.seed}")
@accompanied()
def study(
    photographs: Photographs,
    training: TrainingOptions,
    duration: Duration = Duration(),
    place: Place = Place(),
    explanation: ExplanationOptions = ExplanationOptions(),
) -> Path:
    """Cluster a folder of photographs and explain every coin for its cluster.

    Returns:
        The folder of the explanation.
    """
    run_folder = run(train_clusters, photographs, training, duration, place)
    rename(f"study {run_folder.name}")
    return run(explain_clusters, run_folder, duration.epochs, explanation)
