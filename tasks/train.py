"""Training: take a run some epochs further, from its last checkpoint."""

from pathlib import Path

from storage import checkpoints, runs
from tasks.running.steps import skipped, step
from tasks.training.metrics import Metrics
from tasks.training.order import Order
from tasks.training.ranks import train_on_ranks
from tasks.training.segment import forget_steps, prepare, train_here
from tasks.training.training_curves import show_training_curves


def segments(epochs: int, checkpoint_every: int) -> list[int]:
    """Return the epochs at which a training of so many epochs keeps a checkpoint."""
    return [*range(checkpoint_every, epochs, checkpoint_every), epochs]


@step(name="train", task_run_name="train to epoch {until} of {epochs}")
def train(
    run: Path,
    *,
    until: int,
    epochs: int,
    label: str | None = None,
    init_weights: Path | None = None,
    features: Path | None = None,
    init_assignments: Path | None = None,
    processes: int = 1,
    dask: str | None = None,
) -> int:
    """Train from the last checkpoint to epoch `until`, and finish if that is the last one.

    Killed at any moment and called again, it ends with the same weights, partitions and figures as if it had
    never been stopped.

    Args:
        run: folder of the run.
        until: the epoch to train to now.
        epochs: the epoch to finish at.
        label: column of the table of coins to compare each partition with.
        init_weights: the file of weights that the run starts from, if it starts from one.
        features: the table of vectors that the run starts from, if it starts from one.
        init_assignments: the table of clusters that the run starts from, if it starts from one.
        processes: of this machine that train together, each a part of every batch; with 1, this one does.
        dask: address of the scheduler of a cluster that looks at coins and compares them, or "local" for
            processes of this machine; None: this one does.

    Returns:
        The number of epochs trained now.

    Raises:
        OptionError: learning diverged, what the run starts from is not what it was begun with, or there is no
            such cluster.
        RanksFailedError: one of several processes was killed.
    """
    layout = runs.find(run)
    latest = checkpoints.latest(layout, until=epochs)
    finished = checkpoints.latest(layout, until=epochs, finished=True) == epochs
    if finished or (latest is not None and until < epochs and latest >= until):
        # Where a kill came between the checkpoint and that.
        forget_steps(layout)
        return skipped(0, f"the checkpoint of epoch {latest} is there")
    order = Order(
        until=until,
        epochs=epochs,
        label=label,
        init_weights=init_weights,
        features=features,
        init_assignments=init_assignments,
        dask=dask,
    )
    if processes == 1:
        train_here(layout, order)
    else:
        prepare(layout, dask=dask)  # what all processes read
        train_on_ranks(layout.root, order, processes=processes)
        show_training_curves(layout, Metrics(layout).rows(until))
    return until - (latest or 0)
