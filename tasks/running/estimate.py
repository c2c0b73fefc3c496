"""What a run will cost, told from what another one cost."""

from dataclasses import dataclass
from pathlib import Path

from coin_xai.deepcluster.options import TrainingOptions
from storage import checkpoints
from storage.empty_cells import count_empty_cells
from storage.errors import StorageError
from storage.layout import RunLayout
from storage.manifest import read_origin
from storage.retention import size_of
from storage.runs import list_runs, read_record
from tasks.collection import training_of
from tasks.running.kept_times import read_times

LEARNING = ("train", "train without each fold")
"""Stages whose seconds grow with the number of epochs."""


@dataclass(frozen=True)
class Cost:
    """What a run costs: seconds by the clock, and bytes that it leaves."""

    wall_s: float
    bytes: int


def estimate(runs: Path, options: TrainingOptions, *, epochs: int, photographs: int) -> Cost | None:
    """Tell what a run costs from the finished run in a folder that is most like it.

    A run counts that has the same trainer, network, front and description of coins. Seconds of learning are
    taken to grow with epochs and photographs, all others with photographs alone.

    Args:
        runs: folder of all runs.
        options: of the run.
        epochs: of the run.
        photographs: of the run.

    Returns:
        None where no run of that kind has finished.
    """
    found = [one for one in map(_known, list_runs(runs)) if one is not None and one.kind == _kind(options)]
    if not found:
        return None
    nearest = min(found, key=lambda one: abs(one.photographs - photographs))
    share = photographs / nearest.photographs
    seconds = nearest.learning_s * epochs / nearest.epochs + nearest.other_s
    return Cost(seconds * share, round(nearest.bytes * share))


def is_done(layout: RunLayout, *, epochs: int) -> bool:
    """Tell whether a run is trained to an epoch, and that explained."""
    try:
        return read_origin(layout.latest)["epoch"] == epochs
    except StorageError:
        return False


@dataclass(frozen=True)
class _Known:
    """What a finished run has cost."""

    kind: tuple[object, ...]
    photographs: int
    epochs: int
    learning_s: float
    other_s: float
    bytes: int


def _kind(options: TrainingOptions) -> tuple[object, ...]:
    described = options.description if options.matches else options.clustering
    return options.trainer, options.network, options.front, options.width, described


def _known(layout: RunLayout) -> _Known | None:
    """Return what a run has cost; None where it is not finished, or does not say so."""
    try:
        if "training" not in read_record(layout)["identity"]:
            return None
        epochs = checkpoints.latest(layout, finished=True)
        times = {one.stage: one.wall_s for one in read_times(layout)}
        photographs = count_empty_cells(layout.coins, "error")
        if not (epochs and times and photographs and (layout.latest / "manifest.json").exists()):
            return None
        learning = sum(times.get(stage, 0.0) for stage in LEARNING)
        return _Known(
            kind=_kind(training_of(layout)),
            photographs=photographs,
            epochs=epochs,
            learning_s=learning,
            other_s=sum(times.values()) - learning,
            bytes=size_of(layout.root),
        )
    except (StorageError, OSError):  # of a run that others prune just now, files vanish
        return None
