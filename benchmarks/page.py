"""What the page of an explanation costs, part by part, in this checkout and in another one beside it.

    python benchmarks/page.py [--beside FOLDER] [--coins 120] [--types 6] [--network gridnet] [--rounds 5]

Coins are drawn, a network is trained on them for one epoch and its maps are computed, which is not timed.
Then pictures, measures, contrasts and page are made anew from these maps, in a process for each checkout,
turn by turn, so that whatever else the machine does weighs on both alike. It prints processor milliseconds a
coin, of the fastest round, and the median of the ratios of both in the same round; then which pictures
differ, by how many grey levels, and how many bytes they take.

FOLDER is another checkout, such as `git worktree add ../before HEAD~3` makes; without it there is one column.
"""

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import get_args

import numpy as np
from PIL import Image

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from coin_xai.networks.names import NetworkName
from flows.explain_clusters import explain_clusters
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters
from storage.layout import ExplanationLayout
from storage.tables import read_frame
from tasks.checkpoint import Checkpoint
from tasks.collection import Shard, shards
from tasks.explaining.contrast import contrast
from tasks.explaining.explained_coins import explained
from tasks.explaining.job import ExplanationJob
from tasks.explaining.measure import measure
from tasks.load import load
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.publish import publish

ROOT = Path(__file__).parents[1]
PARTS = ("load", "measure", "contrast", "publish")
EPOCH = 1


def main() -> None:
    """Measure and print, or be the process of one checkout."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--coins", type=int, default=120)
    parser.add_argument("--types", type=int, default=6)
    parser.add_argument("--network", choices=get_args(NetworkName), default="gridnet")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker is not None:
        work(arguments.worker)
        return
    checkouts = [ROOT] if arguments.beside is None else [arguments.beside.resolve(), ROOT]
    with tempfile.TemporaryDirectory() as scratch:
        coins, runs = Path(scratch) / "coins", Path(scratch) / "runs"
        write_drawn_coins(coins, Issue(coins=arguments.coins, types=arguments.types))
        run = train_clusters.fn(
            Photographs(images=coins),
            TrainingOptions(k=arguments.types, network=arguments.network),
            Duration(epochs=EPOCH),
            Place(runs=runs, name="run"),
        )
        explain_clusters.fn(run)
        workers = [Worker(checkout, run) for checkout in checkouts]
        rounds = [[worker.turn() for worker in workers] for _ in range(1 + arguments.rounds)][1:]
        report(arguments.coins, checkouts, rounds)
        if len(checkouts) == 2:
            compare(*workers)
        for worker in workers:
            worker.end()


class Worker:
    """A process that makes the page with the code of a checkout, each time it is told to."""

    def __init__(self, checkout: Path, run: Path) -> None:
        """Start it on a copy of the run beside the original, whose photographs it shares."""
        self.run = run.with_name(f"{run.name}-{checkout.name}-{os.urandom(2).hex()}")
        shutil.copytree(run, self.run, symlinks=True)
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker", self.run],
            env={**os.environ, "PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def turn(self) -> dict[str, float]:
        """Return the processor seconds of each part."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        found: dict[str, float] = json.loads(self.process.stdout.readline())
        return found

    def end(self) -> None:
        """End the process."""
        self.process.communicate()


def work(run: Path) -> None:
    """Make the page whenever a line comes, and answer with what it cost."""
    (root,) = (run / "explanations").iterdir()
    explanation = ExplanationLayout(root)
    job = ExplanationJob(
        run=run, fingerprint=root.name, epoch=EPOCH, options=ExplanationOptions(), reuse="size"
    )
    clusters = sorted(read_frame(explanation.assignments, ["cluster"])["cluster"].unique().tolist())
    (shard,) = shards(explanation, clusters, at_most=1)
    for _ in sys.stdin:
        for folder in (explanation.page, root / "results"):
            shutil.rmtree(folder, ignore_errors=True)
        explanation.manifest.unlink(missing_ok=True)
        sys.stdout.write(json.dumps(costs(job, shard)) + "\n")
        sys.stdout.flush()


def costs(job: ExplanationJob, shard: Shard) -> dict[str, float]:
    """Return the processor seconds of each part."""
    layout, explanation, checkpoint = job.layout, job.explanation, Checkpoint.load(job.layout, EPOCH)
    drawn = cost_of(lambda: load.fn(job, shard))
    found = explained(explanation, EPOCH)
    assert found is not None
    coins = found.coins
    return {
        "load": drawn,
        "measure": cost_of(lambda: measure(layout, explanation, coins, epoch=EPOCH, checkpoint=checkpoint)),
        "contrast": cost_of(lambda: contrast(layout, explanation, coins, epoch=EPOCH)),
        "publish": cost_of(lambda: publish.fn(job, failures=[])),
    }


def cost_of(part: Callable[[], object]) -> float:
    """Return the processor seconds of all threads."""
    begun = time.process_time()
    part()
    return time.process_time() - begun


def report(coins: int, checkouts: list[Path], rounds: list[list[dict[str, float]]]) -> None:
    """Print a line for each part and one for all."""
    print(f"{coins} coins, processor milliseconds a coin: " + ", ".join(path.name for path in checkouts))
    for part in (*PARTS, "all"):
        costs = [[one[part] if part in one else sum(one.values()) for one in turn] for turn in rounds]
        fastest = "".join(f"{1e3 * min(column) / coins:9.2f}" for column in zip(*costs, strict=True))
        ratio = f"{median(after / before for before, after in costs):9.2f}" if len(checkouts) == 2 else ""
        print(f"{part:10s}{fastest}{ratio}")


def compare(before: Worker, after: Worker) -> None:
    """Print by kind of picture how far the two checkouts' differ, and their bytes."""
    kinds: dict[str, list[tuple[int, float, int, int]]] = {}
    for path in sorted(before.run.glob("explanations/*/**/*")):
        if path.suffix in (".png", ".jpg", ".webp"):
            other = after.run / path.relative_to(before.run)
            if not other.exists():  # in another format
                (other,) = other.parent.glob(f"{glob.escape(path.stem)}.*")
            one, two = (
                np.asarray(Image.open(file).convert("RGB")).astype(np.int16) for file in (path, other)
            )
            far = np.abs(one - two)
            kind = path.stem.rpartition("-")[2] if "-" in path.stem else "page"
            sizes = path.stat().st_size, other.stat().st_size
            kinds.setdefault(f"{kind}{path.suffix}", []).append(
                (int(far.max()), float((far > 0).mean()), *sizes)
            )
    for kind, rows in sorted(kinds.items()):
        furthest, share, one, two = (np.array(column) for column in zip(*rows, strict=True))
        print(
            f"{kind:28s} {len(rows):5d} pictures, at most {furthest.max():3d} levels apart, "
            f"{share.mean():6.1%} of the values differ, {one.sum() / 1e6:7.2f} -> {two.sum() / 1e6:7.2f} MB"
        )


if __name__ == "__main__":
    main()
