"""Load: the pictures of a cluster, drawn from its raw maps and its photographs."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path

from coin_xai.attribution.methods import LEADING, ShownMethod
from coin_xai.common.prefetch import prefetch
from coin_xai.deepcluster.options import TrainingOptions
from storage.fingerprint import fingerprint
from storage.layout import ExplanationLayout, RunLayout, file_stem
from storage.maps import read_maps
from storage.markers import committing
from storage.pictures import write_picture
from tasks.collection import Chunk, Shard, chunks, open_pixels, training_of
from tasks.explaining.draw import Measured, draw, drawn_from
from tasks.explaining.job import ExplanationJob
from tasks.explaining.match import shown_methods
from tasks.explaining.reuse import may_reuse
from tasks.page.pictures import PagePictures, pictures_fingerprint
from tasks.photographs.frames import squares_of
from tasks.photographs.originals import Originals
from tasks.running.failures import Failures
from tasks.running.meters import count_folder
from tasks.running.progress import stage
from tasks.running.ready_chunks import ReadyChunks, StoppedError, raise_if_cancelled
from tasks.running.steps import skipped, step

PHOTOGRAPH = "photograph"
"""What the picture beside the methods shows; always a JPEG."""

# Encoders let go of Python's lock, and originals can be large.
DRAWN_AT_ONCE = min(5, len(os.sched_getaffinity(0)))
DRAWN_BESIDE = max(1, DRAWN_AT_ONCE - 1)
"""While a network computes: one processor belongs to it."""


@dataclass(frozen=True)
class _Drawing:
    """What the pictures of all clusters have in common."""

    job: ExplanationJob
    layout: RunLayout
    explanation: ExplanationLayout
    methods: tuple[ShownMethod, ...]
    training: TrainingOptions
    ready: ReadyChunks | None
    turns: AbstractContextManager[object]


@step(name="load", task_run_name="load {shard.which}")
def load(
    job: ExplanationJob,
    shard: Shard,
    *,
    ready: ReadyChunks | None = None,
    turns: AbstractContextManager[object] | None = None,
) -> int:
    """Draw and write the pictures of some clusters, full and small; a folder that is whole stays as it is.

    Args:
        job: the explanation.
        shard: which clusters.
        ready: tells which chunks of maps are there, as pairs of cluster and number; all of them without it.
        turns: is entered while a coin is drawn, and may make it wait.

    Returns:
        The number of pictures written now.

    Raises:
        ChunksFailedError: some clusters failed; the others are done.
    """
    layout, explanation = job.layout, job.explanation
    training = training_of(layout)
    methods = shown_methods(layout, job.options)
    drawing = _Drawing(job, layout, explanation, methods, training, ready, turns or nullcontext())
    written, without_maps, failures = 0, 0, Failures()
    with stage("load", shard.coins) as advance:
        for cluster in shard.clusters:
            raise_if_cancelled()
            own = list(chunks(explanation, [cluster]))
            try:
                with failures.noting(cluster):
                    written += _draw_cluster(drawing, cluster, own, advance)
            except StoppedError:
                raise_if_cancelled()
                without_maps += 1
    failures.raise_any()
    if written or without_maps:
        return written
    return skipped(0, "the pictures of all clusters are there")


def picture_name(coin_id: str, kind: str, *, pictures: str = "jpg") -> str:
    """Return the file name of a coin's picture.

    Args:
        coin_id: of the coin.
        kind: PHOTOGRAPH or a method.
        pictures: suffix of the pictures of methods.
    """
    return f"{file_stem(coin_id)}-{kind}.{'jpg' if kind == PHOTOGRAPH else pictures}"


def leading_picture(
    explanation: ExplanationLayout, epoch: int, cluster: int, coin_id: str, *, pictures: str = "jpg"
) -> Path | None:
    """Return the file of the picture that a coin is shown by first; None where none is drawn."""
    folder = explanation.pictures(epoch, cluster)
    paths = (folder / picture_name(coin_id, method, pictures=pictures) for method in LEADING)
    return next((path for path in paths if path.exists()), None)


def _draw_cluster(drawing: _Drawing, cluster: int, own: list[Chunk], advance: Callable[[int], None]) -> int:
    """Write what is not there of the two folders of a cluster, and return the number of pictures."""
    explanation = drawing.explanation
    of_maps = [chunk.fingerprint(explanation) for chunk in own]
    full, full_fingerprint = explanation.pictures(drawing.job.epoch, cluster), fingerprint(of_maps)
    small, small_fingerprint = explanation.page_pictures(cluster), pictures_fingerprint(of_maps)
    with ExitStack() as stack:
        results = page = None
        if not may_reuse(full, full_fingerprint, drawing.job.reuse):
            results = stack.enter_context(committing(full, full_fingerprint, cluster=cluster))
        if not may_reuse(small, small_fingerprint, drawing.job.reuse):
            folder = stack.enter_context(committing(small, small_fingerprint, cluster=cluster))
            page = stack.enter_context(PagePictures.drawn_into(folder))
        if results is None and page is None:
            advance(sum(len(chunk.coins) for chunk in own))
            return 0
        written = sum(_draw_chunk(drawing, chunk, results, page, advance) for chunk in own)
    for folder, drawn in ((full, results), (small, page)):
        if drawn is not None:
            count_folder(folder)
    return written


def _draw_chunk(
    drawing: _Drawing,
    chunk: Chunk,
    results: Path | None,
    page: PagePictures | None,
    advance: Callable[[int], None],
) -> int:
    if drawing.ready is not None:
        drawing.ready.wait_for(chunk.place)
    maps = drawing.explanation.maps(*chunk.place) / "maps.parquet"
    coin_ids, columns = read_maps(maps, drawn_from(drawing.methods))
    pixels = open_pixels(drawing.layout, chunk.coins)
    photographs = Originals(drawing.layout, chunk.coins) if drawing.job.options.full_size else pixels
    squares = squares_of(drawing.layout, chunk.coins, pixels, drawing.training)

    def draw_coin(position: int) -> int:
        with drawing.turns:
            return draw_in_turn(position)

    def draw_in_turn(position: int) -> int:
        coin_id = coin_ids[position]
        measured: Measured = {name: values[position] for name, values in columns.items()}
        photograph = pixels[position] if results is None else photographs[position]
        square = squares[position]
        drawn = draw(drawing.methods, measured, photograph, square=square.enlarged(photograph.shape[1]))
        written = 0
        if results is not None:
            write_picture(results / picture_name(coin_id, PHOTOGRAPH), photograph)
            for method, picture in drawn.items():
                name = picture_name(coin_id, method, pictures=drawing.job.options.pictures)
                write_picture(results / name, picture)
            written += 1 + len(drawn)
        if page is not None:
            written += page.add(coin_id, pixels[position], drawn, square=square)
        return written

    written = 0
    for count in prefetch(draw_coin, range(len(coin_ids)), workers=DRAWN_AT_ONCE):
        raise_if_cancelled()
        advance(1)
        written += count
    return written
