"""Training: begin a run, and take it some epochs further."""

import logging
import platform
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from coin_xai.deepcluster.memory import keep_freed_memory
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.training import ALGORITHM_VERSION, DeepCluster, Epoch, Outcome
from coin_xai.deepcluster.warnings import warnings
from coin_xai.device import best_device
from coin_xai.errors import CatalogueError
from storage import checkpoints, runs
from storage.atomic import write_bytes, write_frame
from storage.fingerprint import fingerprint
from storage.layout import RunLayout
from tasks.collection import open_pixels, usable_coins
from tasks.ingest import PIXELS_KEY, Ingested
from tasks.initial_weights import identify_weights, read_weights
from tasks.judge import Judge
from tasks.metrics import Metrics
from tasks.progress import stage
from tasks.steps import skipped, step

log = logging.getLogger(__name__)

# Where epochs are long, a checkpoint is kept also between those that were asked for.
LONGEST_UNSAVED_S = 300.0

LIBRARIES = ("torch", "torchvision", "faiss-gpu", "faiss-cpu", "numpy", "scipy", "scikit-learn", "pillow")


def begin(
    ingested: Ingested, options: TrainingOptions, *, folder: Path, name: str | None, label: str | None = None
) -> RunLayout:
    """Return the run of these photographs and options, made now or begun before.

    Without a name the run is called after its photographs and options, so that the same command finds the
    same run again and another command never does.

    Raises:
        CatalogueError: the label is no column of the table of coins.
        OptionError: the options do not suit so many photographs, or the initial weights are not there.
        RunMismatchError: the name is taken by a run of something else.
    """
    options.require(ingested.usable)
    columns = pd.read_parquet(ingested.table).columns
    if label is not None and label not in columns:
        raise CatalogueError(
            f"the table of coins has no column {label} (--label); it has: {', '.join(columns)}"
        )
    weights = options.init_weights
    identity = {
        "algorithm": ALGORITHM_VERSION,
        "pixels": PIXELS_KEY,
        "photographs": ingested.fingerprint,
        # What the weights are counts, not where they lie.
        "training": options.model_copy(update={"init_weights": None}).model_dump(mode="json"),
        "initial_weights": None if weights is None else identify_weights(weights),
    }
    if name is None:
        name = f"{ingested.folder}-k{options.k}-seed{options.seed}-{fingerprint(identity)[:6]}"
    layout = runs.begin(folder, name, identity=identity)
    _tell_differences(options)
    return layout


def keep_photographs(layout: RunLayout, ingested: Ingested) -> None:
    """Write into a run which photographs it is of and where they lie. The lock of the run is held."""
    write_bytes(layout.coins, ingested.table.read_bytes())
    runs.remember_source(layout, ingested.images)


def segments(epochs: int, checkpoint_every: int) -> list[int]:
    """Return the epochs at which a training of so many epochs keeps a checkpoint."""
    return [*range(checkpoint_every, epochs, checkpoint_every), epochs]


@step(name="train", task_run_name="train to epoch {until} of {epochs}")
def train(
    run: Path, *, until: int, epochs: int, label: str | None = None, init_weights: Path | None = None
) -> dict[str, Any]:
    """Train from the last checkpoint to epoch `until`, and finish if that is the last one.

    Killed at any moment and called again, it ends with the same weights, partitions and figures as if it had
    never been stopped.

    Args:
        run: folder of the run.
        until: the epoch to train to now.
        epochs: the epoch to finish at.
        label: column of the table of coins to compare each partition with.
        init_weights: the file that the run starts from, if it starts from one.

    Returns:
        The epochs trained now and the figures of the last one.

    Raises:
        OptionError: learning diverged, or the initial weights are not those of the run.
    """
    layout = runs.find(run)
    start = checkpoints.latest(layout, until=epochs)
    finished = checkpoints.latest(layout, until=epochs, finished=True) == epochs
    if finished or (start is not None and until < epochs and start >= until):
        return skipped({"trained": 0, "until": until}, f"the checkpoint of epoch {start} is there")
    keep_freed_memory()
    coins = usable_coins(layout)
    trainer = _trainer(layout, coins, start, init_weights)
    metrics = Metrics(layout)
    judge = Judge(coins, label, trainer, metrics)
    saved = time.monotonic()
    while trainer.epochs_done < until:
        with stage("train", (1 + trainer.options.passes) * len(coins)) as advance:
            epoch = trainer.run_epoch(advance=advance)
        metrics.keep(_keep(layout, coins, epoch, judge))
        if trainer.epochs_done < until and time.monotonic() - saved > LONGEST_UNSAVED_S:
            _save(layout, trainer, finished=False)
            saved = time.monotonic()
    if until < epochs:
        _save(layout, trainer, finished=False)
    else:
        with stage("fit head", len(coins)) as advance:
            outcome = trainer.finish(advance=advance)
        metrics.keep(_keep(layout, coins, outcome.last, judge))
        write_frame(layout.final_assignments(until), _final_table(coins, outcome))
        _save(layout, trainer, finished=True, outcome=outcome)
    for warning in warnings(metrics.rows(until), n_coins=len(coins), k=trainer.options.k):
        log.warning("after epoch %d: %s", until, warning)
    return {"trained": until - (start or 0), "until": until, **metrics.rows(until)[-1]}


def _trainer(
    layout: RunLayout, coins: pd.DataFrame, start: int | None, init_weights: Path | None
) -> DeepCluster:
    """Return what trains the run, as it was at its last checkpoint."""
    identity = runs.read_record(layout)["identity"]
    options = TrainingOptions.model_validate(identity["training"])
    trainer = DeepCluster(open_pixels(layout, coins), options, device=best_device())
    if start is not None:
        content = checkpoints.load(layout, start)
        trainer.restore(content["training"])
        log.info("continuing after epoch %d", start)
        _tell_other_surroundings(content["surroundings"])
    elif identity["initial_weights"] is not None:
        taken = trainer.start_from(read_weights(init_weights, identity["initial_weights"]))
        log.info("took %d tensors of the initial weights %s", len(taken.taken), init_weights)
        for name, reason in taken.unused.items():
            log.warning("the initial weights '%s' are not used: %s", name, reason)
        if taken.as_drawn:
            log.warning("the initial weights lack these, which start random: %s", ", ".join(taken.as_drawn))
    return trainer


def _tell_differences(options: TrainingOptions) -> None:
    for name, (usual, chosen) in options.differences().items():
        log.info("%s is %s; the profile %s has %s", name, chosen, options.profile, usual)


def _tell_other_surroundings(before: dict[str, str]) -> None:
    now = _surroundings()
    changed = [
        f"{name} {before.get(name)}, now {now.get(name)}" for name in now if before.get(name) != now[name]
    ]
    if changed:
        log.warning(
            "begun with %s: the continuation equals an uninterrupted run up to rounding only",
            "; ".join(changed),
        )


def _keep(layout: RunLayout, coins: pd.DataFrame, epoch: Epoch, judge: Judge) -> dict[str, Any]:
    """Write the partition of an epoch and return its row of figures."""
    clustering = epoch.clustering
    table = pd.DataFrame(
        {
            "coin_id": coins["coin_id"],
            "path": coins["path"],
            "cluster": clustering.cluster,
            "class_index": clustering.class_index,
            "distance": clustering.distance,
        }
    )
    write_frame(layout.assignments(epoch.number), table)
    row: dict[str, Any] = {**epoch.metrics, **judge.figures(clustering)}
    log.info(
        "epoch %d: loss %s, AMI to previous %s, seed stability %s",
        epoch.number,
        _short(row.get("loss")),
        _short(row["ami_to_previous"]),
        _short(row["seed_stability_ami"]),
    )
    return row


def _final_table(coins: pd.DataFrame, outcome: Outcome) -> pd.DataFrame:
    """Return what the fitted head says of every coin, one row each."""
    clustering, logits = outcome.last.clustering, torch.from_numpy(outcome.head.logits)
    class_index = torch.from_numpy(clustering.class_index)
    own = logits.gather(1, class_index[:, None])[:, 0]
    rivals = logits.scatter(1, class_index[:, None], -torch.inf)
    rival, rival_class = rivals.max(dim=1)
    head_class = logits.argmax(dim=1)
    to_cluster = clustering.class_to_cluster
    return pd.DataFrame(
        {
            "coin_id": coins["coin_id"],
            "path": coins["path"],
            "cluster": clustering.cluster,
            "class_index": clustering.class_index,
            "distance": clustering.distance,
            "score": own.numpy(),
            "margin": (own - rival).numpy(),
            "runner_up_cluster": to_cluster[rival_class.numpy()],
            "head_cluster": to_cluster[head_class.numpy()],
            "head_agrees": (head_class == class_index).numpy(),
        }
    )


def _save(layout: RunLayout, trainer: DeepCluster, *, finished: bool, outcome: Outcome | None = None) -> None:
    content: dict[str, Any] = {
        "training": trainer.state(),
        "options": trainer.options.model_dump(mode="json"),
        "algorithm": ALGORITHM_VERSION,
        "versions": _versions(),
        "surroundings": _surroundings(),
    }
    if outcome is not None:
        clustering, whitening = outcome.last.clustering, outcome.last.whitening
        content["partition"] = {
            "centroids": torch.from_numpy(clustering.centroids),
            "class_to_cluster": torch.from_numpy(clustering.class_to_cluster),
            "pca_mean": torch.from_numpy(whitening.mean),
            "pca_components": torch.from_numpy(whitening.components),
            "pca_variances": torch.from_numpy(whitening.variances),
        }
    checkpoints.save(layout, trainer.epochs_done, content, finished=finished)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            continue
    return found


def _surroundings() -> dict[str, str]:
    """Return what, beside photographs and options, decides about the last digits of the numbers."""
    device = best_device()
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {"device": f"{device.type} {kind}", "threads": str(torch.get_num_threads()), **_versions()}


def _short(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
