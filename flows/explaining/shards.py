"""Shards of an explanation: one after the other in this process, or spread over those of a Dask cluster."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from threading import Semaphore

from flows.failures import tolerated
from storage.layout import ExplanationLayout
from storage.lock import holding
from tasks.collection import Shard
from tasks.explaining.job import ExplanationJob
from tasks.explaining.map_pipeline import map_pipeline
from tasks.load import DRAWN_BESIDE, load
from tasks.running.failures import ChunksFailedError, Failure
from tasks.running.on_dask import submitting
from tasks.running.progress import expect, stage
from tasks.running.ready_chunks import ReadyChunks, ready_chunks, working_behind
from tasks.running.stage_times import taking_times
from tasks.running.steps import run_step, step
from tasks.transform import transform

# A process whose flow was killed ends its shard first.
SECONDS_TO_END_A_SHARD = 300


def explain_here(job: ExplanationJob, parts: list[Shard]) -> list[Failure]:
    """Transform shard after shard, and load each chunk by chunk while the next ones are transformed.

    Args:
        job: the explanation.
        parts: the shards.

    Returns:
        What failed.
    """
    failures: list[Failure] = []
    turns = Semaphore(DRAWN_BESIDE)

    def load_behind(shard: Shard, ready: ReadyChunks) -> None:
        with tolerated(failures, shard.clusters):
            run_step(load, job, shard, ready=ready, turns=turns)

    # What is drawn of the last one keeps everything waiting; let it be little.
    parts = sorted(parts, key=lambda shard: shard.coins, reverse=True)
    clusters = [cluster for shard in parts for cluster in shard.clusters]
    for which in ("transform", "load"):
        expect(which, sum(shard.coins for shard in parts))
    with working_behind() as submit, map_pipeline(job, clusters) as pipeline:
        for shard in parts:
            with ready_chunks() as ready:
                submit(partial(load_behind, shard, ready))
                with tolerated(failures, shard.clusters):
                    run_step(transform, job, shard, pipeline=pipeline, ready=ready)
        turns.release()  # no network needs its processor any more
    # In one order, whoever was quicker, since the manifest lists them.
    return sorted(failures, key=lambda failure: (failure.cluster, failure.chunk or 0))


def explain_on_dask(job: ExplanationJob, parts: list[Shard], *, dask: str) -> list[Failure]:
    """Do the same on the processes of a Dask cluster, which all see the folder of the run.

    Args:
        job: the explanation.
        parts: the shards.
        dask: address of the scheduler, or "local" for processes on this machine.

    Returns:
        What failed.

    Raises:
        OptionError: there is no such cluster, or its processes have several threads.
    """
    failures: list[Failure] = []
    job = replace(job, run=job.run.resolve())
    with submitting(dask, at_most=len(parts)) as submit, stage("shards", len(parts)) as advance:
        asked = [submit(explain_shard, job, shard) for shard in parts]
        for shard, future in zip(parts, asked, strict=True):
            with tolerated(failures, shard.clusters):
                future.result()
            advance(1)
    return failures


@step(name="explain", task_run_name="explain {shard.which}")
def explain_shard(job: ExplanationJob, shard: Shard) -> None:
    """Explain some clusters in a process that is not the flow's; their locks are held here.

    Args:
        job: the explanation.
        shard: which clusters.

    Raises:
        ChunksFailedError: some chunks failed; the others are done.
    """
    with (
        taking_times() as times,
        owning(job.explanation, shard.clusters, patience_s=SECONDS_TO_END_A_SHARD),
        holding(job.layout.lock, shared=True),
        times.kept_in(job.layout),
    ):
        failures = explain_here(job, [shard])
    if failures:
        # Transform and load have been tried again by themselves.
        raise ChunksFailedError(failures, may_pass=False)


@contextmanager
def owning(explanation: ExplanationLayout, clusters: list[int], *, patience_s: float = 0) -> Iterator[None]:
    """Hold the locks of some clusters, so that no two processes explain the same one."""
    with ExitStack() as locks:
        for cluster in clusters:
            locks.enter_context(holding(explanation.lock(cluster), patience_s=patience_s))
        yield
