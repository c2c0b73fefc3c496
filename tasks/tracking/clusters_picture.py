"""One picture of what the clusters of a run look like: a row a cluster, its most typical coins with heat."""

import io

import numpy as np
import pandas as pd
from PIL import Image

from coin_xai.catalogue.wording import count
from coin_xai.evidence.recognition_tables import RecognitionTables
from coin_xai.evidence.typical import typical_first
from coin_xai.pictures.contact_sheet import contact_sheet
from storage.layout import ExplanationLayout
from tasks.load import leading_picture

COINS, CLUSTERS = 6, 100
"""At most: coins in a row, and rows, since no JPEG is higher than 65,535 pixels."""

TILE_PX, QUALITY = 128, 80
NOTHING = np.full((1, 1, 3), 255, np.uint8)
"""Stands where a cluster has no further coin."""


def clusters_picture(
    explanation: ExplanationLayout,
    coins: pd.DataFrame,
    recognition: RecognitionTables | None,
    *,
    epoch: int,
    pictures: str = "jpg",
) -> bytes | None:
    """Return a JPEG of the leading map of the most typical coins of the largest clusters, largest first.

    A cluster whose maps are no evidence is marked. None where nothing is drawn.

    Args:
        explanation: whose pictures are shown.
        coins: one row a coin: coin_id, cluster, score.
        recognition: of these coins, where it is known.
        epoch: that was explained.
        pictures: suffix of its pictures.
    """
    doubted: set[int] = set()
    if recognition is not None:
        coins = coins.merge(recognition.coins[["coin_id", "recognised"]], on="coin_id", how="left")
        doubted = set(recognition.clusters.loc[~recognition.clusters["evidence"], "cluster"])
    ranked = typical_first(coins)
    sizes = ranked["cluster"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    tiles, captions = [], []
    for cluster, size in zip(sizes.index.tolist()[:CLUSTERS], sizes.tolist(), strict=False):
        shown = ranked.loc[ranked["cluster"] == cluster, "coin_id"].head(COINS)
        found = (leading_picture(explanation, epoch, cluster, coin, pictures=pictures) for coin in shown)
        row = [np.asarray(Image.open(path).convert("RGB")) for path in found if path is not None]
        if row:
            tiles += row + [NOTHING] * (COINS - len(row))
            marked = "no evidence" if cluster in doubted else ""
            captions += [f"cluster {cluster}", count(size, "coin"), marked] + [""] * (COINS - 3)
    if not tiles:
        return None
    sheet = Image.fromarray(contact_sheet(tiles, columns=COINS, tile_px=TILE_PX, captions=captions))
    encoded = io.BytesIO()
    sheet.save(encoded, format="JPEG", quality=QUALITY)
    return encoded.getvalue()
