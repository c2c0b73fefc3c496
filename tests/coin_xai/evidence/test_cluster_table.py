import numpy as np
import pandas as pd
import pytest

from coin_xai.evidence.cluster_table import cluster_table
from coin_xai.photographs.quality import MEASURES


@pytest.fixture
def make_table():
    coins = pd.DataFrame(
        {
            "cluster": [5, 2, 5, 9],
            "class_index": [1, 0, 1, 2],
            "no_positive_evidence": [False, True, False, False],
            "stability": [1.0, 0.5, 0.5, 0.25],
        }
    )
    cams = np.stack([np.full((3, 3), value) for value in (2.0, -1.0, 4.0, 1.0)])
    quality = pd.DataFrame({name: [1.0, 0.0, 1.0, 0.0] for name in MEASURES})
    features = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.2], [0.9, 0.9]])

    def made(alike=(True, True, True, True)):
        found = cluster_table(coins, cams=cams, quality=quality, features=features, alike=np.array(alike))
        return found.set_index("cluster")

    return made


@pytest.fixture
def table(make_table):
    return make_table()


def test_there_is_one_row_a_cluster_with_what_counts(table):
    assert table.index.tolist() == [2, 5, 9]
    assert table["size"].tolist() == [1, 2, 1]
    assert table["class_index"].tolist() == [0, 1, 2]
    assert table["no_positive_evidence"].tolist() == [1, 0, 0]
    assert table["stability"].tolist() == [0.5, 0.75, 0.25]


def test_maps_and_photographs_are_those_of_the_members(table):
    assert (table.loc[5, "mean_map"] == 3).all()
    assert (table.loc[2, "mean_map"] == 0).all()
    assert table.loc[5, "profile"] == pytest.approx(np.full(6, 3.0))
    assert table.loc[5, "standing"] == dict.fromkeys(MEASURES, 1.0)


def test_the_nearest_clusters_come_first_and_never_the_cluster_itself(table):
    assert [other for other, _ in table.loc[5, "nearest"]] == [9, 2]
    assert [other for other, _ in table.loc[2, "nearest"]] == [9, 5]
    assert table.loc[2, "nearest"][0][1] == pytest.approx(np.sqrt(0.5))


def test_only_maps_of_coins_that_lie_alike_go_into_the_mean(make_table):
    table = make_table(alike=(True, False, False, True))
    assert table["mean_of"].tolist() == [0, 1, 1]
    assert (table.loc[5, "mean_map"] == 2).all()
    assert (table.loc[2, "mean_map"] == 0).all()
    assert table.loc[2, "profile"] == pytest.approx(np.zeros(6))
