"""What a Dask cluster of this machine gains where coins are looked at and compared, and the memory it takes.

    python benchmarks/spreading.py [--coins 300 1200] [--rounds 3] [--workers 2]

Draws coins (256 px), and by turns has this process alone and a new cluster of so many processes find and
describe them and compare each with 400 candidates, as it is done with more than 4,000 coins. Each turn is
a run of its own beside no other. Prints the seconds of each part by the clock (the start of the cluster is
one), the most memory that a process of the cluster has held, beside what it held before it had any work, and
whether both have kept the same bytes. Linux alone tells that memory.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import torch
from distributed import Client, LocalCluster

from coin_xai.common.memory import keep_freed_memory
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.matching.alignment import align
from coin_xai.matching.candidates import Comparison
from coin_xai.matching.likeness import CANDIDATES, NEIGHBOURS, describe_in
from coin_xai.mint import Issue
from storage.fingerprint import hash_file
from storage.layout import RunLayout
from tasks.collection import open_pixels, usable_coins
from tasks.ingest import Ingested, ingest
from tasks.photographs.views import KeptViews
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.running.on_dask import Spread, spreading
from tasks.training.create_run import create_run, keep_photographs
from tasks.training.matched_blocks import KeptBlocks

CPU = torch.device("cpu")
Seconds = dict[str, list[float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--coins", type=int, nargs="+", default=[300, 1200])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    for count in asked.coins:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), count, rounds=asked.rounds, workers=asked.workers)


def measure(folder: Path, count: int, *, rounds: int, workers: int) -> None:
    """Measure so many coins."""
    write_drawn_coins(folder / "coins", Issue(coins=count, types=20, seed=11, size_px=256))
    ingested = ingest.fn(folder / "coins", folder / "runs")
    here: Seconds = defaultdict(list)
    there: Seconds = defaultdict(list)
    peaks, idle, same = [], [], True
    for _ in range(rounds):
        alone = work(folder, ingested, None, here)
        with ExitStack() as stack:
            with timed(there, "start"):
                cluster = stack.enter_context(
                    LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0")
                )
                client = stack.enter_context(Client(cluster, set_as_default=False))
            idle += client.run(peak_mb).values()
            address = cluster.scheduler_address
            with spreading(address, at_most=workers) as spread:
                same &= work(folder, ingested, spread, there) == alone
            peaks += client.run(peak_mb).values()
    print(f"{count} coins, {rounds} rounds by turns, {workers} processes; median seconds (least to most)")
    for part, seconds in there.items():
        print(f"  {part:10} here {told(here[part])}   on Dask {told(seconds)}")
    print(
        f"  a process of the cluster held {max(peaks):.0f} MB at most, {max(idle):.0f} MB before it had work"
    )
    print(f"  the same bytes: {same}")


def work(folder: Path, ingested: Ingested, spread: Spread | None, seconds: Seconds) -> dict[str, str]:
    """Look at all coins and compare them in a new run; return the hash of each file, and remove the run."""
    keep_freed_memory()
    options = TrainingOptions(k=20, description="edges")
    layout = create_run(ingested, options, folder=folder / "runs", name="run")
    keep_photographs(layout, ingested)
    coins = usable_coins(layout)
    pixels = open_pixels(layout, coins)
    views = KeptViews(layout, coins, spread=spread)
    with timed(seconds, "find"):
        found = views.find(pixels, centre_crop=1.0, advance=lambda _: None)
    frames = align(found)
    with timed(seconds, "describe"):
        views.turn(pixels, frames, advance=lambda _: None)
    comparison = Comparison.of(
        describe_in(pixels, frames), count=NEIGHBOURS, candidates=CANDIDATES, device=CPU
    )
    with timed(seconds, "compare"):
        KeptBlocks(layout, spread=spread)(comparison, advance=lambda _: None)
    hashes = kept(layout)
    shutil.rmtree(layout.root)
    return hashes


def kept(layout: RunLayout) -> dict[str, str]:
    """Return the hash of each file of chunks and blocks."""
    files = [*layout.views.glob("*/0*/*"), *layout.matches.glob("*/0*/*")]
    return {str(file.relative_to(layout.root)): hash_file(file) for file in files}


@contextmanager
def timed(seconds: Seconds, part: str) -> Iterator[None]:
    """Note what a block takes by the clock."""
    begun = time.perf_counter()
    yield
    seconds[part].append(time.perf_counter() - begun)


def told(seconds: list[float]) -> str:
    """Say some seconds."""
    if not seconds:
        return "-"
    return f"{statistics.median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"


def peak_mb() -> float:
    """Return the most memory that this process has held; `getrusage` would count its parent's before it."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1e3


if __name__ == "__main__":
    main()
