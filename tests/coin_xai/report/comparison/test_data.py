import base64

import numpy as np
import pytest

from coin_xai.report.comparison import data
from coin_xai.report.comparison.data import blocks_of_maps, heat_settings, study_data
from tests.coin_xai.report.comparison.conftest import PARTITIONS


def test_the_cluster_of_every_coin_can_be_read_back(report):
    found = study_data(report())
    codes = np.frombuffer(base64.b64decode(found["codes"]), "<u2").reshape(3, 6)
    for run, own, partition in zip(found["runs"], codes, PARTITIONS, strict=True):
        ids = [cluster["id"] for cluster in run["clusters"]]
        assert [ids[code] for code in own] == partition.tolist()
        assert [cluster["size"] for cluster in run["clusters"]] == [(partition == one).sum() for one in ids]


def test_a_name_goes_with_the_clusters_that_correspond(report):
    clusters = [
        {one["id"]: (one["name"], one["carried"]) for one in run["clusters"]}
        for run in study_data(report())["runs"]
    ]
    assert clusters[0] == {4: ("axe", None), 7: (None, None)}
    assert clusters[1] == {0: (None, "axe"), 1: (None, None)}
    assert clusters[2][2] == (None, "axe")


def test_labels_and_photographs_stand_by_coin(report):
    found = study_data(report())
    assert found["label"] == {"name": "type", "texts": ["p", "q"], "codes": [0, 0, -1, 1, 1, 0]}
    assert found["photographed"] == "101111"
    assert study_data(report(label=None))["label"] is None


def test_orders_are_those_of_the_comparison(report):
    made = report()
    orders = study_data(made)["orders"]
    assert orders["given"] == [0, 1, 2]
    assert sorted(orders["alike"]) == [0, 1, 2]
    assert orders["tree"] == list(made.comparison.tree)


def test_maps_lie_in_blocks_of_coins(report, monkeypatch):
    monkeypatch.setattr(data, "BLOCK", 4)
    blocks = list(blocks_of_maps(report()))
    assert [block["number"] for block in blocks] == [0, 1]
    steps = b"".join(base64.b64decode(block["runs"][0]["steps"]) for block in blocks)
    assert steps == bytes(range(24))
    own = [block["runs"][0] for block in blocks]
    maximum = np.concatenate([np.frombuffer(base64.b64decode(one["maximum"]), "<f4") for one in own])
    np.testing.assert_array_equal(maximum, [np.nan, *[0.5] * 5])
    squares = np.frombuffer(base64.b64decode(own[1]["squares"]), "<f4").reshape(-1, 5)
    assert squares.tolist() == [[12.5] * 5] * 2
    assert blocks[0]["runs"][1:] == [None, None]


def test_maps_are_drawn_as_on_the_page_of_a_run():
    assert set(heat_settings()) == {"colours", "opacity", "cold_share"}
    assert heat_settings()["opacity"] == pytest.approx(0.6)
