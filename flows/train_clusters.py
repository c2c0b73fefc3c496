"""The training flow: photographs in, a partition and a checkpoint out."""

from pathlib import Path

from prefect import flow

from coin_xai.deepcluster.options import TrainingOptions
from flows.forms.absolute import require_absolute
from flows.forms.form import in_form
from flows.forms.names import named
from flows.parameters import Duration, Photographs, Place
from storage.lock import holding
from tasks.running.flow_runs import accompanied, rename
from tasks.running.steps import run_step, within_another_flow


@in_form("photographs", "place", "duration", "training")
@flow(name="train-clusters", flow_run_name=named("train"))
@accompanied
def train_clusters(
    photographs: Photographs,
    training: TrainingOptions = TrainingOptions(),
    duration: Duration = Duration(),
    place: Place = Place(),
) -> Path:
    """Train DeepCluster on a folder of photographs, from where the same command was interrupted before.

    Args:
        photographs: Which photographs, and what is known about the coins.
        training: How coins are clustered. Everybody sets k; the other defaults have their reasons.
        duration: How long to train, and what to compare the clusters with.
        place: What the run is called, and where it is kept.

    Returns:
        The folder of the run.
    """
    # Imported when the flow runs: servers and workers look at flows without running them.
    from flows.ingesting import ingest_photographs
    from tasks.mirror import know, mirrored
    from tasks.planned import stages_of_training
    from tasks.running.progress import conclude, plan
    from tasks.running.stage_times import taking_times

    require_absolute(photographs=photographs, training=training, place=place)
    plan(stages_of_training(training, label=duration.label))
    if duration.processes > 1:
        from coin_xai.deepcluster.trainers import require_processes

        require_processes(training, duration.processes)  # before photographs are decoded for an hour
    runs = place.folder
    if place.name is not None:
        know(runs, place.name)
    with taking_times() as times:
        ingested = ingest_photographs(photographs, runs)
        # What learns is imported after that: whoever names a wrong folder hears of it seconds sooner.
        from storage.checkpoints import bytes_of
        from tasks.announce import announce
        from tasks.collection import usable_coins
        from tasks.lineage import tell_training
        from tasks.running.meters import WRITTEN, count
        from tasks.train import segments, train
        from tasks.training.create_run import create_run, keep_photographs
        from tasks.training.label_agreement import compare_again

        layout = create_run(ingested, training, folder=runs, name=place.name, label=duration.label)
        rename(f"train {layout.root.name}")
        trained = 0
        with mirrored(layout), holding(layout.lock), times.kept_in(layout):
            keep_photographs(layout, ingested)
            compare_again(layout, usable_coins(layout), duration.label)
            for until in segments(duration.epochs, duration.checkpoint_every):
                trained += run_step(
                    train,
                    layout.root,
                    until=until,
                    epochs=duration.epochs,
                    label=duration.label,
                    init_weights=training.init_weights,
                    features=training.features,
                    init_assignments=training.init_assignments,
                    processes=duration.processes,
                    dask=duration.dask,
                )
    if trained:
        tell_training(layout, duration.epochs)
        count(WRITTEN, bytes_of(layout, duration.epochs))
    conclude(f"done: trained to epoch {duration.epochs}, run in {layout.root.resolve()}")
    # A study explains by itself what it has trained; whoever waits for checkpoints hears of the others.
    if trained and not within_another_flow():
        run_step(announce, layout.root, epoch=duration.epochs)
    return layout.root
