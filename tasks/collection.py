"""The photographs of a run: its table of coins, their pixels, and their division into chunks."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from pydantic import ValidationError

from coin_xai.catalogue.wording import count
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.photographs.pixels import Pixels
from storage.errors import DamagedError
from storage.fingerprint import fingerprint
from storage.inventory import Stamp, stamp
from storage.layout import ExplanationLayout, RunLayout
from storage.pixel_cache import read_pixels
from storage.runs import pixels_of, read_record
from storage.tables import FROM_COPY, read_frame

CHUNK_COINS = 128

INGEST_AGAIN = "run the study on the photographs again, which writes it anew"

Place = tuple[int, int]
"""Of a chunk: its cluster, and its number in it."""

BEFORE = {"front": "edges", "orientation": "upright"}
"""Options that there were not when some runs were begun, with the value by which those go on."""


class Chunk(NamedTuple):
    """Some coins of one cluster: what is computed, kept and, if need be, done again together."""

    cluster: int
    number: int
    coins: pd.DataFrame

    @property
    def place(self) -> Place:
        """Cluster and number."""
        return self.cluster, self.number

    def fingerprint(self, explanation: ExplanationLayout) -> str:
        """Return what makes the work on this chunk the same."""
        return fingerprint([explanation.root.name, self.coins["coin_id"].tolist()])


def usable_coins(layout: RunLayout) -> pd.DataFrame:
    """Return the coins of a run whose photographs could be read, by coin_id."""
    coins = read_frame(layout.coins, remedy=INGEST_AGAIN)
    return coins[coins["error"].isna()].sort_values("coin_id", kind="stable").reset_index(drop=True)


def open_pixels(layout: RunLayout, coins: pd.DataFrame) -> Pixels:
    """Return the pixels of some coins, in their order.

    Raises:
        MissingError: the pixels of a coin are gone.
    """
    return Pixels(*read_pixels(pixels_of(layout), coins["sha256"].tolist()))


def training_of(layout: RunLayout) -> TrainingOptions:
    """Return how the network of a run is trained.

    Raises:
        DamagedError: its record does not say it.
    """
    identity = read_record(layout)["identity"]
    try:
        return TrainingOptions.model_validate({**BEFORE, **identity["training"]})
    except (KeyError, TypeError, ValidationError) as error:
        raise DamagedError(f"{layout.record} does not say how the run is trained; {FROM_COPY}") from error


def chunks(explanation: ExplanationLayout, clusters: list[int]) -> Iterator[Chunk]:
    """Yield the chunks of some clusters of an explanation, each by coin_id."""
    assignments, rows = _by_cluster(explanation.assignments, stamp(explanation.assignments))
    for cluster in clusters:
        members = rows.get(cluster, range(0))
        for number, start in enumerate(members[::CHUNK_COINS]):
            stop = min(start + CHUNK_COINS, members.stop)
            yield Chunk(cluster, number, assignments.iloc[start:stop])


@lru_cache(maxsize=1)
def _by_cluster(path: Path, _stamp: Stamp) -> tuple[pd.DataFrame, dict[int, range]]:
    """Read the assignments once, however many shards ask, ordered such that a cluster is a range of rows."""
    table = pd.read_parquet(path).sort_values(["cluster", "coin_id"], kind="stable")
    sizes = table["cluster"].value_counts().sort_index()
    ends = sizes.cumsum()
    rows = zip(sizes.index, ends - sizes, ends, strict=True)
    return table, {int(cluster): range(int(start), int(stop)) for cluster, start, stop in rows}


class Shard(NamedTuple):
    """Some clusters that one task works on."""

    clusters: list[int]
    coins: int
    chunks: int

    @property
    def which(self) -> str:
        """Name the shard for people: cluster 7 (31 coins in 1 chunk)."""
        one = len(self.clusters) == 1
        names = (
            f"cluster {self.clusters[0]}" if one else f"clusters {self.clusters[0]} to {self.clusters[-1]}"
        )
        return f"{names} ({count(self.coins, 'coin')} in {count(self.chunks, 'chunk')})"


def shards(explanation: ExplanationLayout, clusters: list[int], *, at_most: int) -> list[Shard]:
    """Divide clusters into shards such that there are never too many of them."""
    _, rows = _by_cluster(explanation.assignments, stamp(explanation.assignments))
    length = -(-len(clusters) // at_most)
    found = []
    for start in range(0, len(clusters), length):
        own = clusters[start : start + length]
        coins = [len(rows[cluster]) for cluster in own]
        found.append(Shard(own, sum(coins), sum(-(-count // CHUNK_COINS) for count in coins)))
    return found
