"""What is lost where coins are compared with candidates alone, and what it costs, on drawn coins.

    python benchmarks/candidates.py [--coins 5000] [--types 100] [--seed 52] [--exhaustive]

Coins are drawn small (160 px) and described by their edges. Prints the processor's seconds of each stage, the
share of the ten coins that match best, of all, that are among so many candidates (of a sample of coins), and
AMI with the type after comparing so many. `--exhaustive` compares all pairs as well, which is the control and
costs the square of the number of coins.
"""

import argparse
import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch

from coin_xai.clustering.agreement import agreement
from coin_xai.clustering.spectral import embed, join
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import partition_once
from coin_xai.matching import likeness
from coin_xai.matching.candidates import find_candidates
from coin_xai.matching.likeness import NEIGHBOURS, describe, matching_coins
from coin_xai.matching.windows import likeness_in
from coin_xai.mint import Issue, mint
from coin_xai.photographs.pixels import Pixels

CPU = torch.device("cpu")
SIZE_PX, BLOCK, SEEDS = 160, 512, 3
COUNTS = (50, 100, 200, 400, 800)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--coins", type=int, default=5000)
    parser.add_argument("--types", type=int, default=100)
    parser.add_argument("--seed", type=int, default=52)
    parser.add_argument("--sample", type=int, default=300, help="coins whose best ten are asked for")
    parser.add_argument("--compare", type=int, nargs="*", default=[400], help="numbers of candidates")
    parser.add_argument("--exhaustive", action="store_true")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    cells, types = described(asked.coins, asked.types, asked.seed)
    recall(cells, asked.sample)
    likeness.MOST_COMPARED = 0
    for count in asked.compare:
        likeness.CANDIDATES = count
        score(f"{count} candidates", cells, types, asked.types)
    if asked.exhaustive:
        likeness.MOST_COMPARED = len(cells)
        score("all pairs", cells, types, asked.types)


@contextmanager
def timed(what: str, coins: int) -> Iterator[None]:
    """Print the processor's seconds that something took."""
    begun = time.process_time()
    yield
    seconds = time.process_time() - begun
    print(f"{what:32s} {seconds:8.1f} s, {seconds / coins * 1e3:6.2f} ms a coin", flush=True)


def described(coins: int, types: int, seed: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.str_]]:
    """Return the cells of drawn coins and their types."""
    photographs, drawn = [], []
    with timed("draw coins", coins):
        for coin in mint(Issue(coins=coins, types=types, seed=seed, size_px=SIZE_PX)):
            photographs.append(coin.photograph)
            drawn.append(coin.truth.type)
    sizes = np.array([one.shape[:2] for one in photographs])
    offsets = np.cumsum([0, *(one.size for one in photographs[:-1])])
    pixels = Pixels(np.concatenate([one.ravel() for one in photographs]), offsets, *sizes.T)
    del photographs
    with timed("describe", coins):
        cells = describe(pixels, centre_crop=1.0, device=CPU).cells
    return cells, np.array(drawn, dtype=np.str_)


def recall(cells: npt.NDArray[np.float32], sample: int) -> None:
    """Print which share of the coins that match best are among the candidates."""
    some = np.unique(np.linspace(0, len(cells) - 1, sample).astype(int))
    everywhere = torch.from_numpy(cells)
    own, best = everywhere[some], []
    for start in range(0, len(cells), BLOCK):
        others = everywhere[start : start + BLOCK]
        best.append(torch.maximum(likeness_in(own, others), likeness_in(others, own).T).numpy())
    alike = np.concatenate(best, axis=1)
    alike[np.arange(len(some)), some] = -np.inf
    ten = np.argsort(-alike, axis=1)[:, :NEIGHBOURS]
    most = min(max(COUNTS), len(cells) - 1)
    with timed(f"find {most} candidates", len(cells)):
        candidates = find_candidates(cells, most, CPU)[some]
    for count in [one for one in COUNTS if one <= most]:
        share = np.mean(
            [np.isin(one, others[:count]).mean() for one, others in zip(ten, candidates, strict=True)]
        )
        print(f"  of the best ten among {count:4d} candidates: {share:.3f}")


def score(name: str, cells: npt.NDArray[np.float32], types: npt.NDArray[np.str_], k: int) -> None:
    """Print what comparing costs, and how far the clusters agree with the types."""
    with timed(f"compare, {name}", len(cells)):
        neighbours = matching_coins(cells, device=CPU)
    with timed("  embed", len(cells)):
        points = embed(join(neighbours), k)
    with timed(f"  cut, {SEEDS} times", len(cells)):
        options = [TrainingOptions(k=k, seed=seed) for seed in range(31, 31 + SEEDS)]
        found = [partition_once(points, one, gpu=False)[0].cluster for one in options]
    _, classes = np.unique(types, return_inverse=True)
    amis = [agreement(classes, cluster).ami for cluster in found]
    alike = (types[neighbours[:, :5]] == types[:, None]).mean()
    print(
        f"  AMI {np.mean(amis):.3f} ({min(amis):.3f} to {max(amis):.3f}), five neighbours alike {alike:.2f}"
    )


if __name__ == "__main__":
    main()
