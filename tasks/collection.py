"""The photographs of a run: its table of coins, their pixels, and their division into chunks."""

from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from coin_xai.pixels import Pixels
from storage.fingerprint import fingerprint
from storage.layout import ExplanationLayout, RunLayout, pixels_folder
from storage.pixel_cache import read_pixels
from storage.runs import read_record

CHUNK_COINS = 256


class Chunk(NamedTuple):
    """Some coins of one cluster: what is computed, kept and, if need be, done again together."""

    cluster: int
    number: int
    coins: pd.DataFrame

    def fingerprint(self, explanation: str) -> str:
        """Return what makes the work on this chunk the same."""
        return fingerprint([explanation, self.coins["coin_id"].tolist()])


def usable_coins(layout: RunLayout) -> pd.DataFrame:
    """Return the coins of a run whose photographs could be read, by coin_id."""
    coins = pd.read_parquet(layout.coins)
    return coins[coins["error"].isna()].sort_values("coin_id", kind="stable").reset_index(drop=True)


def open_pixels(layout: RunLayout, coins: pd.DataFrame) -> Pixels:
    """Return the pixels of some coins, in their order."""
    folder = pixels_folder(layout.root.parent, read_record(layout)["identity"]["pixels"])
    return Pixels(*read_pixels(folder, coins["sha256"].tolist()))


def chunks(files: ExplanationLayout, clusters: list[int]) -> Iterator[Chunk]:
    """Yield the chunks of some clusters of an explanation, each by coin_id."""
    assignments = pd.read_parquet(files.assignments)
    for cluster in clusters:
        members = assignments[assignments["cluster"] == cluster].sort_values("coin_id", kind="stable")
        for number, start in enumerate(range(0, len(members), CHUNK_COINS)):
            yield Chunk(cluster, number, members.iloc[start : start + CHUNK_COINS])
