"""How many clusters? What a range of k does to the same coins, beside what it does to coins without groups.

No figure decides alone. Inertia falls with every cluster more, and its elbow is where that stops paying off;
the silhouette asks whether coins lie nearer to their own cluster than to the next; stability asks whether
k-means finds the same clusters from another start. Each is also taken of shuffled coins, whose features are
drawn independently from the same values, so that no groups are left: what a figure is worth is its distance
from theirs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import silhouette_score

from coin_xai.clustering.kmeans import cluster, mean_agreement
from coin_xai.common.random_streams import integer, stream
from coin_xai.errors import OptionError

Points = npt.NDArray[np.float32]

SEEDS = 4
# Silhouettes compare all pairs; of more coins than this, so many are drawn.
SILHOUETTE_COINS = 3000
SMALLEST_NORM = 1e-10


@dataclass(frozen=True)
class Evidence:
    """What speaks for which k.

    Attributes:
        table: one row a k: `k`, `inertia` (mean squared distance to the centroid), `silhouette`, `stability`
            (mean AMI between seeds), each also with `_shuffled`, and `largest_cluster_share`.
        elbow: the k at which more clusters stop paying off.
        best_silhouette: the k whose silhouette is furthest above that of shuffled coins.
        most_stable: the k whose stability is furthest above that of shuffled coins.
    """

    table: pd.DataFrame
    elbow: int
    best_silhouette: int
    most_stable: int


def candidates(n_coins: int, *, lowest: int = 2, highest: int | None = None, steps: int = 16) -> list[int]:
    """Return the numbers of clusters to try, about equally far apart in ratio.

    Args:
        n_coins: how many coins there are.
        lowest: the smallest.
        highest: the largest; a fifth of the coins, at most 100, without it.
        steps: how many at most.

    Raises:
        OptionError: the range is empty, or has more clusters than there are coins.
    """
    highest = min(100, n_coins // 5) if highest is None else highest
    if not 2 <= lowest < highest < n_coins:
        raise OptionError(
            f"k from {lowest} to {highest} cannot be tried on {n_coins} coins: "
            f"choose 2 <= lowest < highest < {n_coins}"
        )
    spaced = np.geomspace(lowest, highest, steps).round().astype(int)
    return [int(k) for k in np.unique(spaced)]


def try_all(
    points: Points,
    ks: Sequence[int],
    *,
    seed: int,
    restarts: int,
    iterations: int,
    advance: Callable[[int], None] = lambda _: None,
) -> Evidence:
    """Cluster the same points with every k, several times each, and the shuffled points likewise.

    Args:
        points: whitened rows of length 1 (N x d).
        ks: the numbers of clusters, at least three, rising.
        seed: of all random choices.
        restarts: of each k-means.
        iterations: the most per restart.
        advance: called with 1 after each k.

    Raises:
        OptionError: there are fewer than three k, or more clusters than points.
    """
    if len(ks) < 3:
        raise OptionError(f"an elbow needs at least three k, and there are {list(ks)}: widen the range")
    without_groups = shuffle(points, generator=stream(seed, "shuffled coins"))
    rows = []
    for k in ks:
        settings = {"seed": seed, "restarts": restarts, "iterations": iterations}
        found, chance = _measure(points, k, **settings), _measure(without_groups, k, **settings)
        figures = ("inertia", "silhouette", "stability")
        rows.append({"k": k, **found, **{f"{name}_shuffled": chance[name] for name in figures}})
        advance(1)
    table = pd.DataFrame(rows)
    return Evidence(
        table=table,
        elbow=find_elbow(table["k"].to_numpy(float), table["inertia"].to_numpy(float)),
        best_silhouette=_furthest_above_chance(table, "silhouette"),
        most_stable=_furthest_above_chance(table, "stability"),
    )


def shuffle(points: Points, *, generator: np.random.Generator) -> Points:
    """Return rows of length 1 whose every column holds the same values in another order (N x d)."""
    shuffled = generator.permuted(points, axis=0)
    norms = np.linalg.norm(shuffled, axis=1, keepdims=True)
    rows: Points = (shuffled / np.maximum(norms, SMALLEST_NORM)).astype(np.float32)
    return rows


def find_elbow(k: npt.NDArray[np.float64], inertia: npt.NDArray[np.float64]) -> int:
    """Return the k at which the curve lies furthest below the line between its ends (Satopää et al. 2011)."""
    along = (k - k[0]) / (k[-1] - k[0])
    fall = (inertia[0] - inertia) / max(inertia[0] - inertia[-1], np.finfo(float).tiny)
    return int(k[np.argmax(fall - along)])


def _measure(points: Points, k: int, *, seed: int, restarts: int, iterations: int) -> dict[str, float]:
    draw = stream(seed, "choose k", k)
    clusterings = [
        cluster(points, k, seed=integer(draw), restarts=restarts, iterations=iterations) for _ in range(SEEDS)
    ]
    best = min(clusterings, key=lambda clustering: clustering.objective)
    return {
        "inertia": best.objective,
        "silhouette": _silhouette(points, best.cluster, draw),
        "stability": mean_agreement([clustering.cluster for clustering in clusterings]),
        "largest_cluster_share": float(best.sizes.max() / len(points)),
    }


def _silhouette(points: Points, clusters: npt.NDArray[np.int64], draw: np.random.Generator) -> float:
    shown = draw.permutation(len(points))[:SILHOUETTE_COINS]
    n_clusters = len(np.unique(clusters[shown]))
    if not 2 <= n_clusters < len(shown):
        return 0.0  # as for a single coin in its cluster
    return float(silhouette_score(points[shown], clusters[shown]))


def _furthest_above_chance(table: pd.DataFrame, figure: str) -> int:
    above = table[figure] - table[f"{figure}_shuffled"]
    return int(table["k"].iloc[int(above.to_numpy().argmax())])
