"""The rate of the whole explanation against that of the attribution alone, side by side in one run.

    python benchmarks/explain.py [--coins 160] [--clusters 8] [--rounds 3] [--threads 1]

Coins are drawn and a network of full width is trained on them for one epoch, which is not timed. Then two
things alternate, so that whatever else the machine does weighs on both alike, and the fastest round of each
counts: the attribution of all coins, from tensors that are prepared already; and the flow, from the table of
coins to the manifest, with nothing on disk. Of the flow the page is told apart, since it comes once, after
all maps and pictures.
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
from torch import Tensor

import flows.explain_clusters as flow
from coin_xai.attribution import METHODS, Attributor
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.device import best_device
from coin_xai.mint import Issue
from coin_xai.networks import normalise
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters
from storage.layout import RunLayout
from tasks.collection import open_pixels, usable_coins
from tasks.strike import strike
from tasks.transform import BATCH_SIZE, REPRODUCIBLE, load_network


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--coins", type=int, default=160)
    parser.add_argument("--clusters", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as scratch:
        run = trained(Path(scratch), arguments.coins, arguments.clusters)
        attribution = Attribution(run)
        alone, flows, pages = [], [], []
        attribution.explain()  # plans and allocations are made once
        for _ in range(arguments.rounds):
            alone.append(seconds_of(attribution.explain))
            with timed_page() as page:
                flows.append(seconds_of(lambda: explain_anew(run)))
            pages += page
    coins, device = arguments.coins, best_device()
    maps = min(whole - page for whole, page in zip(flows, pages, strict=True))
    print(f"{coins} coins, {arguments.threads} threads, {device}, fastest of {arguments.rounds} rounds")
    for what, seconds in (
        ("attribution alone", min(alone)),
        ("extract, transform, load", maps),
        ("the same, and the page and manifest", min(flows)),
    ):
        share = min(alone) / seconds
        print(f"{seconds:8.2f} s {coins / seconds:8.1f} coins/s {share:7.1%}  {what}")


class Attribution:
    """The attribution of all coins of a run, their tensors prepared before."""

    def __init__(self, run: Path) -> None:
        network, options = load_network(run, epoch=1)
        layout = RunLayout(run)
        pixels = open_pixels(layout, usable_coins(layout))
        self.attributor = Attributor(network, layer=network.attribution_layer, rewrites=REPRODUCIBLE)
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
    strike(scratch / "coins", Issue(coins=coins, types=clusters))
    return train_clusters.fn(
        Photographs(images=scratch / "coins"),
        TrainingOptions(k=clusters, batch_size=32),
        Duration(epochs=1),
        Place(runs=scratch / "runs", name="run"),
    )


def explain_anew(run: Path) -> None:
    """Explain a run with nothing on disk."""
    shutil.rmtree(run / "explanations", ignore_errors=True)
    flow.explain_clusters.fn(run)


@contextmanager
def timed_page() -> Iterator[list[float]]:
    """Yield a list that gets the seconds that the page of each flow took."""
    taken: list[float] = []
    publish = flow._publish

    def timed(*parameters: object) -> None:
        taken.append(seconds_of(lambda: publish(*parameters)))  # type: ignore[arg-type]

    flow._publish = timed
    try:
        yield taken
    finally:
        flow._publish = publish


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
