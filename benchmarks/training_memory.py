"""What of a training's memory grows with the number of coins: the matrix of features, and nothing besides.

    python benchmarks/training_memory.py [--coins 1226 5000 20000] [--width 0.125]

Three times, each in a process of its own for each number of coins, with memory counted from where nothing is
computed yet:

- `kmeans`: some batches of learning with the whole AlexNet, then all that the end of a run does with so many
  features: whitening, k-means, the fit of the head;
- `matching`: first the cells of so many coins and what 512 of them match among all, as for the others too;
  then the same;
- `narrow`: a whole epoch by k-means and its end, on a narrow AlexNet, so that it ends in minutes.

Photographs are sixty drawn ones, referred to again and again: the cache of pixels is a file mapped into
memory, which the kernel takes back when it wants, and so is not counted. What is counted is the most
anonymous memory that the process held at any moment.
"""

import argparse
import json
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.clustering.reduction import fit_whitening
from coin_xai.common.memory import keep_freed_memory
from coin_xai.deepcluster.head import fit_head
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import partition
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.matching.likeness import describe, matching_coins
from coin_xai.mint import Issue, mint
from coin_xai.photographs.pixels import Pixels

K, UNITS, DRAWN, LEARNT, SECONDS_BETWEEN_LOOKS = 26, 4096, 60, 192, 0.005
CPU = torch.device("cpu")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--coins", type=int, nargs="+", default=[1226, 5000, 20_000])
    parser.add_argument("--width", type=float, default=0.125)
    arguments = parser.parse_args()
    for part, units in (
        (kmeans, UNITS),
        (matching, UNITS),
        (narrow, round(UNITS * arguments.width)),
    ):
        rows = []
        for n_coins in arguments.coins:
            with multiprocessing.get_context("spawn").Pool(1) as alone:
                peak = alone.apply(part, (n_coins, arguments.width))
            matrix = n_coins * units * 4 / 1e6
            rows.append({"coins": n_coins, "features_mb": round(matrix, 1), "peak_mb": round(peak, 1)})
            print(json.dumps({"part": part.__name__, **rows[-1]}), flush=True)
        for fewer, more in pairwise(rows):
            grown = {name: round(more[name] - fewer[name], 1) for name in more}
            print(json.dumps({"part": part.__name__, "growth": grown}), flush=True)


def kmeans(n_coins: int, _width: float) -> float:
    """Return the peak, in megabytes, of learning and of what is then done with the features of so many."""
    keep_freed_memory()
    with peak_of_memory() as peak:
        learn_and_end(n_coins, TrainingOptions(k=K, network="alexnet", clustering="kmeans"))
    return peak[0]


def matching(n_coins: int, _width: float) -> float:
    """Return the same where the first of so many coins are matched with all before."""
    keep_freed_memory()
    pixels = photographs(n_coins)

    def stop(_done: int) -> None:
        raise EnoughError

    with peak_of_memory() as peak:
        with suppress(EnoughError):
            matching_coins(describe(pixels, centre_crop=1.0, device=CPU).cells, device=CPU, advance=stop)
        learn_and_end(n_coins, TrainingOptions(k=K, network="alexnet", clustering="matching"))
    return peak[0]


def narrow(n_coins: int, width: float) -> float:
    """Return the peak, in megabytes, of one epoch and the fit of the head."""
    pixels = photographs(n_coins)
    with peak_of_memory() as peak:
        options = TrainingOptions(k=K, network="alexnet", width=width, clustering="kmeans")
        trainer = DeepCluster(pixels, options, device=CPU)
        trainer.run_epoch()
        trainer.finish()
    return peak[0]


def learn_and_end(n_coins: int, options: TrainingOptions) -> None:
    """Learn some batches, then do what the end of a run does with the features of so many coins."""
    trainer = DeepCluster(photographs(LEARNT), options, device=CPU)
    trainer.run_epoch()
    features = drawn_features(n_coins)
    points = fit_whitening(features, trainer.dimensions).apply(features)
    by_points = options.model_copy(update={"clustering": "kmeans"})
    found, _about_seeds = partition(points, by_points, epoch=1, gpu=False)
    fit_head(features, found.class_index)


class EnoughError(Exception):
    """What is measured has been done."""


def photographs(count: int) -> Pixels:
    """Return sixty drawn coins, again and again."""
    drawn = [coin.photograph for coin in mint(Issue(coins=DRAWN, types=12, seed=7))]
    ends = np.cumsum([one.size for one in drawn])
    again = np.arange(count) % DRAWN
    height, width = (np.array([one.shape[side] for one in drawn])[again] for side in (0, 1))
    return Pixels(
        np.concatenate([one.ravel() for one in drawn]),
        np.concatenate([[0], ends[:-1]])[again],
        height,
        width,
    )


def drawn_features(count: int) -> npt.NDArray[np.float32]:
    """Return features that have clusters; made row by row, so that the measure does not measure itself."""
    generator = np.random.default_rng(7)
    features = np.empty((count, UNITS), dtype=np.float32)
    for row in features:
        row[:] = generator.standard_normal(UNITS, dtype=np.float32)
        row[generator.integers(K) :: K] += 1
    return features


@contextmanager
def peak_of_memory() -> Iterator[list[float]]:
    """Yield a list whose one entry becomes the most anonymous memory held meanwhile, in megabytes."""
    peak, ended = [0.0], threading.Event()

    def look() -> None:
        while not ended.wait(SECONDS_BETWEEN_LOOKS):
            peak[0] = max(peak[0], anonymous_memory())

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        ended.set()
        watcher.join()


def anonymous_memory() -> float:
    """Return how much memory of this process no file stands behind, in megabytes."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    main()
