"""What recognition says: of a run, of each coin, and of each cluster, whether its maps are evidence."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from coin_xai.evidence.recognition import Repeated

NETWORK, SHUFFLED, HOG, UNTRAINED = "network", "shuffled", "hog", "untrained"
LARGEST, NEIGHBOURS = "largest", "neighbours"

Z_95 = 1.959963984540054
BETWEEN_REASONS = "; "

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What each coin was taken for, by row.

    Attributes:
        cluster: of each coin (N).
        fold: that the coin was held out in (N).
        repeated: what was done anew without the coins of each fold, `head` or `training`.
        network: what the network took it for; -1 for nothing (N).
        hog: what histograms of gradients took it for (N).
        untrained: what the same network untrained took it for (N).
        dealt: its cluster once clusters are shuffled (N).
        shuffled: what the network took it for that was taught those (N).
        neighbours: the cluster of most of its neighbours in the graph of the matching, if there is one (N).
    """

    cluster: Positions
    fold: Positions
    repeated: Repeated
    network: Positions
    hog: Positions
    untrained: Positions
    dealt: Positions
    shuffled: Positions
    neighbours: Positions | None = None


@dataclass(frozen=True)
class RecognitionTables:
    """The tables of a run.

    Attributes:
        coins: coin_id, fold, recognised, recognised_as (null for nothing).
        clusters: cluster, size, recognition, low, high, hog, untrained, shuffled, evidence, reason.
        summary: what, recognition, low, high, repeated; `network` first, then what it is compared with.
    """

    coins: pd.DataFrame
    clusters: pd.DataFrame
    summary: pd.DataFrame

    @property
    def upper_bound(self) -> bool:
        """Whether the network had learnt from the coins that were held out from its head."""
        return bool(self.summary["repeated"].iloc[0] != "training")

    def recognition(self, what: str) -> float | None:
        """Return the share of coins that something recognised, or None where it was not asked."""
        share = self.summary.loc[self.summary["what"] == what, "recognition"]
        return float(share.iloc[0]) if len(share) else None


def recognition_tables(coin_ids: list[str], recognised: Recognised) -> RecognitionTables:
    """Return the tables of a run.

    Args:
        coin_ids: of the coins, in the order of the rows.
        recognised: what they were taken for.
    """
    hits = recognised.network == recognised.cluster
    coins = pd.DataFrame(
        {
            "coin_id": coin_ids,
            "fold": recognised.fold,
            "recognised": hits,
            "recognised_as": pd.array(recognised.network, dtype="Int64"),
        }
    )
    coins.loc[recognised.network < 0, "recognised_as"] = pd.NA
    clusters = _clusters(recognised)
    return RecognitionTables(coins, clusters, _summary(recognised, int(clusters["size"].max())))


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927): honest for few coins, and at 0 and 1."""
    if of == 0:
        return 0.0, 1.0
    share, square = hits / of, Z_95 * Z_95
    middle = share + square / (2 * of)
    reach = Z_95 * float(np.sqrt(share * (1 - share) / of + square / (4 * of * of)))
    whole = 1 + square / of
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def _clusters(recognised: Recognised) -> pd.DataFrame:
    """Return one row a cluster, by its id, with a verdict on its maps."""
    frame = pd.DataFrame(
        {
            "cluster": recognised.cluster,
            "hits": recognised.network == recognised.cluster,
            HOG: recognised.hog == recognised.cluster,
            UNTRAINED: recognised.untrained == recognised.cluster,
        }
    )
    groups = frame.groupby("cluster", as_index=False)
    table = groups.agg(
        size=("hits", "size"), hits=("hits", "sum"), hog=(HOG, "mean"), untrained=(UNTRAINED, "mean")
    )
    # Each cluster has as many coins once clusters are dealt out anew.
    by_chance = pd.Series(recognised.shuffled == recognised.dealt).groupby(recognised.dealt).mean()
    table[SHUFFLED] = by_chance.reindex(table["cluster"]).to_numpy()
    intervals = [
        wilson(int(hits), int(size)) for hits, size in zip(table["hits"], table["size"], strict=True)
    ]
    table["recognition"] = table["hits"] / table["size"]
    table["low"], table["high"] = zip(*intervals, strict=True)
    largest = float(table["size"].max() / table["size"].sum())
    anywhere = float((recognised.shuffled == recognised.dealt).mean())
    reasons = [BETWEEN_REASONS.join(_reasons(row, largest, anywhere)) for row in table.to_dict("records")]
    table["evidence"], table["reason"] = [not reason for reason in reasons], reasons
    columns = ["cluster", "size", "recognition", "low", "high", *(HOG, UNTRAINED, SHUFFLED)]
    return table[[*columns, "evidence", "reason"]]


def _reasons(row: dict[Any, Any], largest: float, anywhere: float) -> Iterator[str]:
    """Yield why the maps of a cluster are no evidence; nothing where they are.

    Args:
        row: of its cluster.
        largest: share of the largest cluster.
        anywhere: share of all coins that are recognised once clusters are shuffled. In a small cluster alone
            chance may have had a bad day.
    """
    hits, size = int(row["hits"]), int(row["size"])
    by_chance = max(row[SHUFFLED], anywhere)
    if row["low"] <= by_chance:
        yield f"{hits} of {size} is not surely more than shuffled clusters reach ({by_chance:.0%})"
    if row["low"] <= largest:
        yield f"{hits} of {size} is not surely more than the share of the largest cluster ({largest:.0%})"
    if row["recognition"] < row[HOG]:
        yield f"histograms of gradients, which learn nothing, recognise more ({row[HOG]:.0%})"
    if row["recognition"] < row[UNTRAINED]:
        yield f"the same network untrained recognises more ({row[UNTRAINED]:.0%})"


def _summary(recognised: Recognised, largest: int) -> pd.DataFrame:
    count = len(recognised.cluster)
    hits: list[tuple[str, int, str | None]] = [
        (NETWORK, int((recognised.network == recognised.cluster).sum()), recognised.repeated),
        (SHUFFLED, int((recognised.shuffled == recognised.dealt).sum()), "head"),
        (HOG, int((recognised.hog == recognised.cluster).sum()), None),
        (UNTRAINED, int((recognised.untrained == recognised.cluster).sum()), None),
        (LARGEST, largest, None),
    ]
    if recognised.neighbours is not None:
        hits.append((NEIGHBOURS, int((recognised.neighbours == recognised.cluster).sum()), None))
    rows = [(what, number / count, *wilson(number, count), repeated) for what, number, repeated in hits]
    return pd.DataFrame(rows, columns=["what", "recognition", "low", "high", "repeated"])


def figures_of(tables: RecognitionTables) -> dict[str, float]:
    """Return the figures of a run by name, for those who compare runs."""
    shares = {
        f"recognition_{what}": round(float(share), 4)
        for what, share in zip(tables.summary["what"], tables.summary["recognition"], strict=True)
    }
    return {**shares, "clusters_with_evidence": int(tables.clusters["evidence"].sum())}


NAMES = {
    SHUFFLED: "shuffled clusters",
    HOG: "histograms of gradients",
    UNTRAINED: "the network untrained",
    LARGEST: "the largest cluster",
    NEIGHBOURS: "most of its neighbours in the graph",
}


def told(tables: RecognitionTables) -> str:
    """Return the figures of a run as two sentences of plain English."""
    first = tables.summary.iloc[0]
    bound = (
        ", an upper bound, since the network has seen them and only its head has not"
        if tables.upper_bound
        else ""
    )
    beside = ", ".join(
        f"{NAMES[what]} {share:.0%}"
        for what, share in zip(tables.summary["what"], tables.summary["recognition"], strict=True)
        if what in NAMES
    )
    evidence, clusters = int(tables.clusters["evidence"].sum()), len(tables.clusters)
    return (
        f"Of the coins that were held out, {first['recognition']:.0%} were recognised "
        f"({first['low']:.0%} to {first['high']:.0%}{bound}); to compare: {beside}. "
        f"The maps of {evidence} of {clusters} clusters count as evidence."
    )
