import io
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from storage.layout import ExplanationLayout
from tasks.load import picture_name
from tasks.tracking.clusters_picture import CLUSTERS, COINS, TILE_PX, clusters_picture

GREYS = {"a": 30, "b": 60, "c": 90, "d": 120}


@pytest.fixture
def explanation(tmp_path):
    """One of four coins, three of them in cluster 7, each drawn in a grey of its own."""
    layout = ExplanationLayout(tmp_path)
    for coin, grey in GREYS.items():
        folder = layout.pictures(2, 4 if coin == "a" else 7)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8, 3), grey, np.uint8)).save(folder / picture_name(coin, "hires_cam"))
    return layout


@pytest.fixture
def coins():
    return pd.DataFrame({"coin_id": [*GREYS], "cluster": [4, 7, 7, 7], "score": [9.0, 1.0, 3.0, 2.0]})


def greys(picture):
    """Return the grey in the middle of each tile, row by row."""
    sheet = np.asarray(Image.open(io.BytesIO(picture)).convert("L")).astype(int)
    rows = round(len(sheet) / TILE_PX)
    height, width = len(sheet) / rows, sheet.shape[1] / COINS
    return [
        [
            int(sheet[round(row * height + TILE_PX / 2), round((column + 0.5) * width)])
            for column in range(COINS)
        ]
        for row in range(rows)
    ]


def test_the_largest_cluster_comes_first_and_its_most_typical_coin(explanation, coins):
    first, second = greys(clusters_picture(explanation, coins, None, epoch=2))
    assert first == pytest.approx([90, 120, 60, 255, 255, 255], abs=3)
    assert second == pytest.approx([30, 255, 255, 255, 255, 255], abs=3)


def test_coins_that_were_not_recognised_come_last_and_what_is_no_evidence_is_marked(explanation, coins):
    recognised = pd.DataFrame({"coin_id": [*GREYS], "recognised": [True, True, False, True]})
    known = {
        evidence: SimpleNamespace(
            coins=recognised, clusters=pd.DataFrame({"cluster": [4, 7], "evidence": [True, evidence]})
        )
        for evidence in (True, False)
    }
    sure, doubted = (clusters_picture(explanation, coins, known[one], epoch=2) for one in (True, False))
    assert greys(sure)[0] == pytest.approx([120, 60, 90, 255, 255, 255], abs=3)
    assert greys(doubted)[0] == greys(sure)[0]
    pixels = [np.asarray(Image.open(io.BytesIO(one)).convert("L")).astype(int) for one in (sure, doubted)]
    apart = np.argwhere(pixels[0] - pixels[1] > 60)  # darker where it is said
    assert len(apart) > 20  # words below the third tile of the first row, and nowhere else
    assert (apart[:, 0] > TILE_PX).all()
    assert (apart[:, 0] < TILE_PX * 1.3).all()


def test_where_nothing_is_drawn_there_is_no_picture(explanation, coins):
    assert clusters_picture(explanation, coins, None, epoch=3) is None


def test_many_clusters_stay_within_what_a_jpeg_can_hold(explanation, coins, monkeypatch):
    monkeypatch.setattr("tasks.tracking.clusters_picture.CLUSTERS", 1)
    assert len(greys(clusters_picture(explanation, coins, None, epoch=2))) == 1
    assert CLUSTERS * TILE_PX * 1.3 < 65_535
