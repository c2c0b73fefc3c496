"""Transform: raw attribution maps of every coin of a cluster, chunk by chunk."""

from contextlib import ExitStack
from functools import partial

from coin_xai.common.memory import keep_freed_memory
from storage.maps import write_maps
from storage.markers import committing
from tasks.collection import Chunk, Shard, chunks
from tasks.explaining.job import ExplanationJob
from tasks.explaining.map_pipeline import Columns, MapPipeline, map_pipeline
from tasks.running.failures import Failures
from tasks.running.meters import CHUNKS, EXPLAINED, EXPLAINING_S, count, count_folder, timed
from tasks.running.progress import stage
from tasks.running.ready_chunks import ReadyChunks, working_behind
from tasks.running.steps import skipped, step


@step(name="transform", task_run_name="transform {shard.which}")
def transform(
    job: ExplanationJob,
    shard: Shard,
    *,
    pipeline: MapPipeline | None = None,
    ready: ReadyChunks | None = None,
) -> int:
    """Compute the maps of all coins of some clusters; chunks that are on disk stay as they are.

    Args:
        job: the explanation.
        shard: which clusters.
        pipeline: computes the maps of these clusters and those that come after them.
        ready: is told of each chunk that is there, as a pair of cluster and number.

    Returns:
        The number of coins explained now.

    Raises:
        ChunksFailedError: some chunks failed; the others are done.
    """
    keep_freed_memory()
    explanation = job.explanation
    explained, failures = 0, Failures()

    def keep(chunk: Chunk, columns: Columns) -> None:
        folder, fingerprint = explanation.maps(*chunk.place), chunk.fingerprint(explanation)
        with failures.noting(*chunk.place):
            with committing(folder, fingerprint, cluster=chunk.cluster, coins=len(chunk.coins)) as temporary:
                write_maps(temporary / "maps.parquet", chunk.coins["coin_id"].tolist(), columns)
            count(CHUNKS, 1)
            count(EXPLAINED, len(chunk.coins))
            count_folder(folder)
            give(chunk)

    def give(chunk: Chunk) -> None:
        if ready is not None:
            ready.add(chunk.place)

    with ExitStack() as stack:
        if pipeline is None:
            pipeline = stack.enter_context(map_pipeline(job, shard.clusters))
        stack.enter_context(timed(EXPLAINING_S))
        advance = stack.enter_context(stage("transform", shard.coins))
        submit = stack.enter_context(working_behind())
        for chunk in chunks(explanation, shard.clusters):
            with failures.noting(*chunk.place):
                columns = pipeline.of(chunk)
                if columns is None:  # the chunk is finished on disk, and so it is skipped
                    give(chunk)
                else:
                    explained += len(chunk.coins)
                    # Disks are waited for while the next chunk is computed ...
                    submit(partial(keep, chunk, columns))
            advance(len(chunk.coins))
        # ... also where that is the first one of the next shard.
        pipeline.compute_next()
    failures.raise_any()
    return explained if explained else skipped(0, "the maps of all chunks are there")
