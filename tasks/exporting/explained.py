"""What of an explained run goes to other programs: its coins, their small pictures and their likeness."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from storage import runs
from storage.errors import MissingError
from storage.layout import ExplanationLayout, file_stem
from storage.manifest import read_origin
from storage.tables import read_frame

COINS, NEIGHBOURS = "coins.parquet", "neighbours.parquet"
PHOTOGRAPH = "photograph"
"""What exports call the picture of a coin; a column of that name in a user's table gets another one."""
NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
"""Signs that neither XML nor a spreadsheet can hold."""


@dataclass(frozen=True)
class ExplainedCoins:
    """The coins of a run and where what is shown of them lies.

    Attributes:
        explanation: its files.
        epoch: that was explained.
        coins: one row a coin, as on the page.
    """

    explanation: ExplanationLayout
    epoch: int
    coins: pd.DataFrame

    @property
    def photographs(self) -> Path:
        """The folder that `photograph` is relative to."""
        return self.explanation.root / "results" / str(self.epoch)

    def photograph(self, coin_id: str, cluster: int) -> str:
        """Return the path of a coin's photograph, a JPEG."""
        return f"{cluster}/{file_stem(coin_id)}-photograph.jpg"

    def thumbnail(self, coin_id: str, cluster: int) -> Path:
        """Return the file of its small photograph."""
        return self.explanation.page_pictures(cluster) / f"{file_stem(coin_id)}.jpg"

    def place_on_page(self, coin_id: str) -> str:
        """Return what stands behind # in the address of its view on the page."""
        return f"/coin/{quote(coin_id, safe='')}"

    def neighbours(self) -> pd.DataFrame:
        """Return the coins most alike of each coin (coin_id, kind, rank, neighbour, similarity)."""
        return read_frame(self.explanation.page_tables / NEIGHBOURS)


def explained_coins(run: Path) -> ExplainedCoins:
    """Return the coins of the explanation that a run shows.

    Raises:
        MissingError: it was not explained.
        DamagedError: its manifest or its table cannot be read.
    """
    layout = runs.find(run.resolve())
    explanation = ExplanationLayout(layout.latest.resolve())
    if not explanation.manifest.is_file():
        raise MissingError(f"{run} is not explained yet; do it with: coin-xai explain {run}")
    origin = read_origin(explanation.root)
    coins = read_frame(explanation.page_app / COINS).rename(columns={PHOTOGRAPH: f"table_{PHOTOGRAPH}"})
    return ExplainedCoins(explanation, origin["epoch"], coins)


def printable(value: object) -> object:
    """Return a value without the signs that neither XML nor a spreadsheet can hold."""
    return NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", value) if isinstance(value, str) else value
