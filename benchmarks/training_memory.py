"""What of a training's memory grows with the number of coins: the matrix of features, and nothing besides.

    python benchmarks/training_memory.py [--coins 1226 5000 20000] [--width 0.125]

Twice, each time in a process of its own for each number of coins, with memory counted from where nothing is
computed yet:

- `epoch`: one whole epoch and the fit of the head, on a narrow AlexNet, so that it ends in minutes;
- `clustering`: whitening, k-means and the fit of the head on 4096 features, as many as the whole AlexNet has.

Photographs are sixty drawn ones, referred to again and again: the cache of pixels is a file mapped into
memory, which the kernel takes back when it wants, and so is not counted. What is counted is the most
anonymous memory that the process held at any moment. Above 4096 coins whitening decomposes a matrix of 4096 x
4096 instead of one of coins x coins; that step is no growth.
"""

import argparse
import json
import multiprocessing
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from coin_xai.deepcluster.epoch import partition
from coin_xai.deepcluster.head import fit_head
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.reduction import fit_whitening
from coin_xai.deepcluster.training import DeepCluster
from coin_xai.mint import Issue, mint
from coin_xai.pixels import Pixels

K, UNITS, DRAWN, SECONDS_BETWEEN_LOOKS = 26, 4096, 60, 0.005
CPU = torch.device("cpu")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--coins", type=int, nargs="+", default=[1226, 5000, 20_000])
    parser.add_argument("--width", type=float, default=0.125)
    arguments = parser.parse_args()
    for part, units in ((clustering, UNITS), (epoch, round(UNITS * arguments.width))):
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


def epoch(n_coins: int, width: float) -> float:
    """Return the peak, in megabytes, of one epoch and the fit of the head."""
    drawn = [coin.photograph for coin in mint(Issue(coins=DRAWN, types=12, seed=7))]
    ends = np.cumsum([one.size for one in drawn])
    again = np.arange(n_coins) % DRAWN
    height, width_px = (np.array([one.shape[side] for one in drawn])[again] for side in (0, 1))
    pixels = Pixels(
        np.concatenate([one.ravel() for one in drawn]),
        np.concatenate([[0], ends[:-1]])[again],
        height,
        width_px,
    )
    del drawn
    with peak_of_memory() as peak:
        trainer = DeepCluster(pixels, TrainingOptions(k=K, width=width), device=CPU)
        trainer.run_epoch()
        trainer.finish()
    return peak[0]


def clustering(n_coins: int, _width: float) -> float:
    """Return the peak, in megabytes, of all that is done with the features of so many coins."""
    generator = np.random.default_rng(7)
    features = np.empty((n_coins, UNITS), dtype=np.float32)
    for row in features:  # one at a time, so that the measure does not measure itself
        row[:] = generator.standard_normal(UNITS, dtype=np.float32)
        row[generator.integers(K) :: K] += 1
    options = TrainingOptions(k=K)
    with peak_of_memory() as peak:
        points = fit_whitening(features, 32).apply(features)
        found, _about_seeds = partition(points, options, epoch=0, gpu=False)
        fit_head(features, found.class_index)
    return peak[0]


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
