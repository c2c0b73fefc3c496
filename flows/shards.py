"""Shards of an explanation: one after the other in this process, or spread over those of a Dask cluster."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import Any

from flows.failures import tolerated
from flows.on_dask import submitting
from storage.layout import ExplanationLayout
from storage.lock import holding
from storage.runs import find
from tasks.collection import Shard
from tasks.explaining.map_pipeline import computing
from tasks.load import DRAWN_BESIDE, load
from tasks.running.disk_space import telling_space
from tasks.running.failures import ChunksFailedError, Failure
from tasks.running.progress import stage
from tasks.running.ready_chunks import Handover, following, handing_over
from tasks.running.steps import run, step
from tasks.transform import transform

# A process whose flow was killed ends its shard first.
SECONDS_TO_END_A_SHARD = 300


def explain_here(run_folder: Path, parts: list[Shard], **common: Any) -> list[Failure]:
    """Transform shard after shard, and load each chunk by chunk while the next ones are transformed.

    Args:
        run_folder: of the run.
        parts: the shards.
        common: what `transform` and `load` are told alike.

    Returns:
        What failed.
    """
    failures: list[Failure] = []
    turns = Semaphore(DRAWN_BESIDE)

    def load_behind(shard: Shard, ready: Handover) -> None:
        with tolerated(failures, shard.clusters):
            run(load, run_folder, shard=shard, ready=ready, turns=turns, **common)

    files = find(run_folder).explanation(common["explanation"])
    # What is drawn of the last one keeps everything waiting; let it be little.
    parts = sorted(parts, key=lambda shard: shard.coins, reverse=True)
    clusters = [cluster for shard in parts for cluster in shard.clusters]
    with (
        telling_space(files, parts, epoch=common["epoch"]),
        following() as follow,
        computing(run_folder, clusters=clusters, **common) as computed,
    ):
        for shard in parts:
            with handing_over() as ready:
                follow(partial(load_behind, shard, ready))
                with tolerated(failures, shard.clusters):
                    run(transform, run_folder, shard=shard, computed=computed, ready=ready, **common)
        turns.release()  # no network needs its processor any more
    # In one order, whoever was quicker, since the manifest lists them.
    return sorted(failures, key=lambda failure: (failure.cluster, failure.chunk or 0))


def explain_on_dask(run_folder: Path, parts: list[Shard], *, dask: str, **common: Any) -> list[Failure]:
    """Do the same on the processes of a Dask cluster, which all see the folder of the run.

    Args:
        run_folder: of the run.
        parts: the shards.
        dask: address of the scheduler, or "local" for processes on this machine.
        common: what `transform` and `load` are told alike.

    Returns:
        What failed.

    Raises:
        OptionError: there is no such cluster, or its processes have several threads.
    """
    failures: list[Failure] = []
    with submitting(dask, at_most=len(parts)) as submit, stage("shards", len(parts)) as advance:
        asked = [submit(explain_shard, run_folder.resolve(), shard=shard, **common) for shard in parts]
        for shard, future in zip(parts, asked, strict=True):
            with tolerated(failures, shard.clusters):
                future.result()
            advance(1)
    return failures


@step(name="explain", task_run_name="explain {shard.which}")
def explain_shard(run_folder: Path, *, explanation: str, shard: Shard, **common: Any) -> None:
    """Explain some clusters in a process that is not the flow's; their locks are held here.

    Args:
        run_folder: of the run.
        explanation: fingerprint of it.
        shard: which clusters.
        common: what `transform` and `load` are told alike.

    Raises:
        ChunksFailedError: some chunks failed; the others are done.
    """
    layout = find(run_folder)
    with (
        owning(layout.explanation(explanation), shard.clusters, patience_s=SECONDS_TO_END_A_SHARD),
        holding(layout.lock, shared=True),
    ):
        failures = explain_here(run_folder, [shard], explanation=explanation, **common)
    if failures:
        # Transform and load have been tried again by themselves.
        raise ChunksFailedError(failures, may_pass=False)


@contextmanager
def owning(files: ExplanationLayout, clusters: list[int], *, patience_s: float = 0) -> Iterator[None]:
    """Hold the locks of some clusters, so that no two processes explain the same one."""
    with ExitStack() as locks:
        for cluster in clusters:
            locks.enter_context(holding(files.lock(cluster), patience_s=patience_s))
        yield
