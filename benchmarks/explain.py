"""The rate of the whole explanation against that of the attribution alone, side by side in one run.

    python benchmarks/explain.py [--coins 320] [--clusters 10] [--rounds 3] [--threads 1] [--copies]

Coins are drawn and a network of full width is trained on them for one epoch, which is not timed. Then two
things alternate, so that whatever else the machine does weighs on both alike: the attribution of all coins,
from tensors that are prepared already; and the flow, from the table of coins to the manifest, with nothing on
disk, pictures at the size of the original photographs, or of the copies that the network sees. Of the flow
the page is told apart, since it comes once, after all maps and pictures, and so is what the first explanation
in a process costs more: reading the checkpoint and planning the network, whatever the number of coins.

The flow draws in one thread while another one computes, so with one thread for the attribution it needs two
processors. Where others use them too, the clock tells little; the processor time of the thread that computes,
against that of the attribution alone, says how much of the rate is left when the pictures keep up.
"""

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

import flows.explaining.explanation
from coin_xai.attribution import Attributor
from coin_xai.attribution.options import ExplanationOptions
from coin_xai.claims.options import ClaimsOptions
from coin_xai.common.device import best_device
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from coin_xai.networks import normalise
from flows.explain_clusters import explain_clusters
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters
from storage.layout import RunLayout
from tasks.collection import open_pixels, usable_coins
from tasks.explaining.attribute import load_network
from tasks.explaining.job import ExplanationJob
from tasks.explaining.map_pipeline import BATCH_SIZE
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.running.failures import Failure

Cost = NDArray[np.float64]

METHODS = ExplanationOptions().methods_for("alexnet")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--coins", type=int, default=320)
    parser.add_argument("--clusters", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--copies", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as scratch:
        run = trained(Path(scratch), arguments.coins, arguments.clusters)
        attribution = Attribution(run)
        options = ExplanationOptions(full_size=not arguments.copies)
        alone, maps, flows = [], [], []
        attribution.explain()  # plans and allocations are made once
        first = cost_of(lambda: explain_anew(run, options))
        for _ in range(arguments.rounds):
            alone.append(cost_of(attribution.explain))
            with measured_page() as page:
                flows.append(cost_of(lambda: explain_anew(run, options)))
            maps.append(flows[-1] - page[0])
    once = first - np.min(flows, axis=0)
    coins = arguments.coins
    size = "the copies" if arguments.copies else "the originals"
    print(f"{coins} coins, {arguments.threads} threads, {best_device()}, pictures at the size of {size}")
    print("the fastest of all rounds, and the median of their ratios to the attribution alone")
    for what, costs in (
        ("attribution alone", alone),
        ("extract, transform, load", maps),
        ("the same, and the page and manifest", flows),
    ):
        ratios = [first / cost for first, cost in zip(alone, costs, strict=True)]
        clock, computing, all_threads = np.median(ratios, axis=0)
        seconds = min(cost[0] for cost in costs)
        print(
            f"{seconds:8.2f} s {coins / seconds:7.1f} coins/s; by the clock {clock:6.1%}, computing thread "
            f"{computing:6.1%}, all threads {all_threads:6.1%}  {what}"
        )
    print(f"{once[0]:8.2f} s, of the computing thread {once[1]:.2f} s, more the first time in a process")


class Attribution:
    """The attribution of all coins of a run, their tensors prepared before."""

    def __init__(self, run: Path) -> None:
        network, options = load_network(run, epoch=1)
        layout = RunLayout(run)
        pixels = open_pixels(layout, usable_coins(layout))
        self.attributor = Attributor(network, layer=network.attribution_layer)
        self.batches: list[Tensor] = []
        for start in range(0, len(pixels), BATCH_SIZE):
            positions = np.arange(start, min(start + BATCH_SIZE, len(pixels)))
            squares = pixels.centre_squares(
                positions, size_px=network.input_size_px, crop=options.centre_crop
            )
            self.batches.append(normalise(torch.from_numpy(squares).to(best_device())))

    def explain(self) -> None:
        """Explain every coin for the first cluster; which one it is makes no difference to the time."""
        for batch in self.batches:
            units = torch.zeros(len(batch), dtype=torch.int64)
            self.attributor.attribute(batch, units, methods=METHODS).value.sum().item()


def trained(scratch: Path, coins: int, clusters: int) -> Path:
    """Return the folder of a run on drawn coins."""
    write_drawn_coins(scratch / "coins", Issue(coins=coins, types=clusters))
    return train_clusters.fn(
        Photographs(images=scratch / "coins"),
        TrainingOptions(k=clusters, network="alexnet", batch_size=32),
        Duration(epochs=1),
        Place(runs=scratch / "runs", name="run"),
    )


def explain_anew(run: Path, options: ExplanationOptions) -> None:
    """Explain a run with nothing on disk."""
    shutil.rmtree(run / "explanations", ignore_errors=True)
    explain_clusters.fn(run, explanation=options)


@contextmanager
def measured_page() -> Iterator[list[Cost]]:
    """Yield a list that gets what the page of each flow costs."""
    taken: list[Cost] = []
    publish = flows.explaining.explanation._publish

    def timed(job: ExplanationJob, failures: list[Failure], claims: ClaimsOptions) -> None:
        taken.append(cost_of(lambda: publish(job, failures, claims)))

    flows.explaining.explanation._publish = timed
    try:
        yield taken
    finally:
        flows.explaining.explanation._publish = publish


def cost_of(work: Callable[[], object]) -> Cost:
    """Return the seconds that some work takes: by the clock, of this thread, and of all threads."""
    begun = now()
    work()
    return now() - begun


def now() -> Cost:
    """Return the clock, and the processor time of this thread and of all."""
    return np.array([time.perf_counter(), time.thread_time(), time.process_time()])


if __name__ == "__main__":
    main()
