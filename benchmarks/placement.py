"""Whether new drawn coins come into the clusters of their types, and whether unseen types fit none.

    python benchmarks/placement.py [--seeds 2104 2105] [--coins 780] [--types 18] [--unseen 4] [--known 400]

Some types are never shown to the matching; of the others the first coins are matched by their edges and cut
into as many clusters as there are types, and the further ones are placed. Beside the share that comes to a
cluster most of whose coins are of its type stand that of the known coins by their own neighbours, which is
the ceiling, and that of shuffled clusters; beside the rule, how shortfall and plain likeness rank known and
unseen types.
"""

import argparse

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score

from coin_xai.clustering.spectral import embed, join
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.deepcluster.partitioning import partition_once
from coin_xai.evidence.recognition import majority
from coin_xai.matching.likeness import describe, matching_coins
from coin_xai.mint import Coin, Issue, mint
from coin_xai.photographs.pixels import Pixels
from coin_xai.placement.describing import KnownCoins, lay_among
from coin_xai.placement.fitting import KnownClusters

CPU = torch.device("cpu")
Types = npt.NDArray[np.str_]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="*", default=[2104, 2105])
    parser.add_argument("--coins", type=int, default=780)
    parser.add_argument("--types", type=int, default=18)
    parser.add_argument("--unseen", type=int, default=4, help="types that the matching is not shown")
    parser.add_argument("--known", type=int, default=400, help="coins that are matched and cut")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for seed in asked.seeds:
        drawn = list(mint(Issue(coins=asked.coins, types=asked.types, seed=seed)))
        names = np.random.default_rng(seed).permutation(sorted({coin.truth.type for coin in drawn}))
        shown = {*names[: -asked.unseen].tolist()}
        seen = [coin for coin in drawn if coin.truth.type in shown]
        unseen = [coin for coin in drawn if coin.truth.type not in shown]
        print(f"seed {seed}", flush=True)
        measure(seen[: asked.known], seen[asked.known :], unseen, asked.types - asked.unseen)


def measure(known: list[Coin], fresh: list[Coin], unseen: list[Coin], k: int) -> None:
    """Print what becomes of new coins of known types and of unseen ones."""
    pixels, types = pixels_of(known), types_of(known)
    described = describe(pixels, centre_crop=1.0, device=CPU)
    neighbours = matching_coins(described.cells, device=CPU)
    options = TrainingOptions(k=k)
    cluster = partition_once(embed(join(neighbours), k), options, gpu=False)[0].cluster
    coins = KnownCoins(pixels, described.frames, described.cells)
    new = [lay_among(pixels_of(some), coins, centre_crop=1.0, device=CPU).edges for some in (fresh, unseen)]
    told = types_of(fresh)
    ceiling = right(cluster, types, majority(neighbours, cluster), types)
    print(f"  known coins by their own neighbours {ceiling:.2f}")
    shuffled = np.random.default_rng(0).permutation(cluster)
    for name, clusters in (("clusters", cluster), ("shuffled", shuffled)):
        there = KnownClusters.of(described.cells, clusters, neighbours, device=CPU)
        own, strangers = (there.place(some) for some in new)
        which = np.repeat([1, 0], [len(fresh), len(unseen)])
        short = -np.concatenate([own.shortfall, strangers.shortfall])
        plain = np.concatenate([one.matches.likeness.mean(axis=1) for one in (own, strangers)])
        taken = f"{len(unseen)} of unseen types taken in {strangers.fits.mean():.2f}"
        print(
            f"  {name}: {len(fresh)} new coins right {right(clusters, types, own.cluster, told):.2f}, "
            f"fit none {1 - own.fits.mean():.2f} (known coins {there.turned_away:.2f}); {taken}; "
            f"AUC {roc_auc_score(which, short):.2f}, by mean likeness {roc_auc_score(which, plain):.2f}",
            flush=True,
        )


def right(cluster: npt.NDArray[np.int64], types: Types, found: npt.NDArray[np.int64], told: Types) -> float:
    """Return the share of coins found in a cluster most of whose coins are of their type."""
    most = {}
    for one in np.unique(cluster).tolist():
        names, counts = np.unique(types[cluster == one], return_counts=True)
        most[one] = str(names[counts.argmax()])
    return float(
        np.mean([most[one] == kind for one, kind in zip(found.tolist(), told.tolist(), strict=True)])
    )


def types_of(coins: list[Coin]) -> Types:
    """Return the type of each coin."""
    return np.array([coin.truth.type for coin in coins], dtype=np.str_)


def pixels_of(coins: list[Coin]) -> Pixels:
    """Return the photographs one after the other."""
    sizes = np.array([coin.photograph.shape[:2] for coin in coins])
    offsets = np.cumsum([0, *(coin.photograph.size for coin in coins[:-1])])
    return Pixels(np.concatenate([coin.photograph.ravel() for coin in coins]), offsets, *sizes.T)


if __name__ == "__main__":
    main()
