"""What many coins cost besides the attribution: bookkeeping, manifest, verification, a resume without work.

    python benchmarks/scale.py [--coins 100000] [--clusters 500] [--scratch FOLDER]

THE ATTRIBUTION IS STUBBED here, and only here: every map is of ones, 13 x 13, and every gradient of 32 x 32.
Each picture, of the results and of the page, is a real file of its own, but the same few bytes, so drawing
and encoding are stubbed too. The rest of the page is left out: its cost is a matter of its own. Everything
between is what the flow runs: table, chunks, markers, hashes, renames, syncs. Photographs are 60 drawn coins
of 96 pixels, each kept under many names.

Prints the seconds of each step by the clock and of a processor, the latter for a coin too, and the peak of
memory; run it with 10,000 and 100,000 coins to see how each grows.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

import tasks.explaining.map_pipeline
import tasks.load
import tasks.page.pictures
from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue, draw_coin
from flows.explaining.explanation import MOST_SHARDS
from flows.explaining.shards import explain_here
from storage import checkpoints, runs
from storage.layout import RunLayout, pixels_folder
from storage.manifest import verify, write_manifest
from storage.pixel_cache import PixelCache
from tasks.collection import shards
from tasks.explaining.job import ExplanationJob
from tasks.extract import extract

DRAWN, SIZE_PX, SMALL_PX = 60, 96, 8
EPOCH = 1
OPTIONS = ExplanationOptions()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--coins", type=int, default=100_000)
    parser.add_argument("--clusters", type=int, default=500)
    parser.add_argument("--scratch", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    computation = tasks.explaining.map_pipeline._Computation
    for where, name, stub in (
        (computation, "_prepared", lambda _, batch: batch),
        (computation, "_explained", stubbed_attribution),
        (tasks.load, "draw", stubbed_drawing),
        (tasks.load, "write_picture", stubbed_picture),
        (tasks.page.pictures, "_write", stubbed_picture),
        (tasks.page.pictures, "PHOTOGRAPH_PX", SMALL_PX),
    ):
        setattr(where, name, stub)
    print(
        f"{arguments.coins} coins in {arguments.clusters} clusters, ATTRIBUTION, DRAWING AND ENCODING STUBBED"
    )
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        measure(Path(scratch), arguments.coins, arguments.clusters)


def measure(scratch: Path, coins: int, clusters: int) -> None:
    """Take a made-up run through all steps but the page."""
    with timed("make up a run (no part of it)", coins):
        layout = made_up(scratch, coins, clusters)
    with timed("extract", coins):
        extracted = extract.fn(layout.root, options=OPTIONS)
    job = ExplanationJob(run=layout.root, fingerprint=extracted.fingerprint, epoch=EPOCH, options=OPTIONS)
    explanation = job.explanation
    for what in ("transform and load", "resume with nothing to do"):
        with timed(what, coins):
            parts = shards(explanation, extracted.clusters, at_most=MOST_SHARDS)
            failures = explain_here(job, parts)
        assert not failures, failures[:3]
    print(f"{2 * len(parts) + 3:8} task runs in Prefect")
    explanation.report.write_text("no page in this benchmark")
    with timed("manifest", coins):
        write_manifest(explanation, {"run": "made up"})  # type: ignore[typeddict-item]
    for how in ("size", "hash"):
        with timed(f"verify by {how}", coins):
            damages = verify(explanation.root, verify=how)
        assert not damages, damages[:3]


@contextmanager
def timed(what: str, coins: int) -> Iterator[None]:
    """Print how long something took, and the peak of memory so far."""
    begun, computed = time.perf_counter(), time.process_time()
    yield
    seconds, computing = time.perf_counter() - begun, time.process_time() - computed
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{seconds:8.2f} s, of a processor {computing:7.2f} s {1e6 * computing / coins:7.1f} us/coin, "
        f"peak {peak:5.0f} MiB  {what}",
        flush=True,
    )


def made_up(scratch: Path, count: int, clusters: int) -> RunLayout:
    """Return a run as a training would leave it: photographs, table of coins, checkpoint and partition."""
    training = TrainingOptions(k=clusters, network="alexnet").model_dump(mode="json")
    layout = runs.begin(scratch, "run", identity={"pixels": "drawn", "training": training})
    drawn = [
        draw_coin(Issue(coins=DRAWN, size_px=SIZE_PX), number).photograph for number in range(1, DRAWN + 1)
    ]
    hashes = [f"{number:064x}" for number in range(count)]
    with PixelCache.open(pixels_folder(scratch, "drawn")) as cache:
        for number, sha256 in enumerate(hashes):
            cache.append(sha256, drawn[number % DRAWN])
    names = [f"coin-{number:07}" for number in range(count)]
    table = pd.DataFrame({"coin_id": names, "path": [f"{name}.jpg" for name in names]})
    table.assign(sha256=hashes, error=pd.Series([None] * count, dtype="str")).to_parquet(layout.coins)
    generator = np.random.default_rng(0)
    cluster = np.r_[np.arange(clusters), generator.integers(0, clusters, count - clusters)]
    partition = table.assign(
        cluster=cluster,
        class_index=cluster,
        **{name: generator.random(count) for name in ("distance", "score", "margin")},
        runner_up_cluster=pd.array((cluster + 1) % clusters, dtype="Int64"),
        head_cluster=pd.array(cluster, dtype="Int64"),
        head_agrees=True,
    )
    layout.final_assignments(EPOCH).parent.mkdir(parents=True)
    partition.to_parquet(layout.final_assignments(EPOCH), index=False)
    checkpoints.save(layout, EPOCH, {"made up": True}, finished=True)
    return layout


def stubbed_attribution(_computation: object, own: Iterator[Any]) -> dict[str, Any] | None:
    """Return maps of ones in the place of measured ones, for the batches of a chunk that is not there."""
    positions = [batch.positions for batch in own]
    if positions[0] is None:
        return None
    count = sum(map(len, positions))
    names = ("value", "logit", "runner_up_logit", "grad_cam_maximum", "guided_backpropagation_scale")
    columns: dict[str, Any] = {name: np.ones(count, np.float32) for name in names}
    columns["no_positive_evidence"] = np.zeros(count, bool)
    columns["grad_cam"] = np.ones((count, 13, 13), np.float32)
    columns["guided_backpropagation"] = np.ones((count, 32, 32), np.float16)
    columns["penultimate"] = np.ones((count, 32), np.float32)
    return columns


def stubbed_drawing(methods: tuple[str, ...], *_drawn_from: object, **_crop: float) -> dict[str, Any]:
    """Return pictures of hardly anything."""
    return dict.fromkeys(methods, np.zeros((2, 2), np.uint8))


def stubbed_picture(path: Path, _pixels: object) -> None:
    """Write a file that is no picture."""
    path.write_bytes(b"stubbed")


if __name__ == "__main__":
    main()
