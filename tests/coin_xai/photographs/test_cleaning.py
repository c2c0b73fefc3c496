import numpy as np
import pandas as pd
import pytest

from coin_xai.photographs.cleaning import COLUMNS, NEARLY_THE_SAME, NO_COIN, OF_ONE_SHAPE, cleaning_list
from coin_xai.photographs.near_duplicates import Pair

COUNT = 40


@pytest.fixture
def coins():
    """Photographs that differ as those of one studio do."""
    generator = np.random.default_rng(0)
    usual = {"sharpness": 0.7, "lightness": 50, "saturation": 0.2, "framing": 0.7, "background": 95}
    measures = {name: value * (1 + 0.02 * generator.standard_normal(COUNT)) for name, value in usual.items()}
    names = [f"MC_{number:04}_R" for number in range(COUNT)]
    return pd.DataFrame(
        {
            "coin_id": names,
            "path": [f"{name}.jpg" for name in names],
            "cluster": 3,
            "width": 400,
            "height": 400,
            "photograph_note": None,
            **measures,
        }
    )


def test_photographs_like_the_others_are_not_listed(coins):
    table = cleaning_list(coins, [])
    assert table.empty
    assert tuple(table.columns) == COLUMNS


@pytest.mark.parametrize(
    ("measure", "value", "reason"),
    [
        ("sharpness", 0.4, "blurred"),
        ("lightness", 10, "very dark"),
        ("lightness", 90, "very light"),
        ("framing", 0.1, "small in its frame"),
        ("framing", 0.99, "fills its frame"),
        ("background", 5, "unusually dark background"),
    ],
)
def test_an_outlier_is_listed_with_its_reason_and_what_is_usual(coins, measure, value, reason):
    coins.loc[7, measure] = value
    (row,) = cleaning_list(coins, []).to_dict("records")
    assert (row["coin_id"], row["path"], row["reason"]) == ("MC_0007_R", "MC_0007_R.jpg", reason)
    assert (row["measure"], row["value"]) == (measure, value)
    assert row["usual"] == pytest.approx(coins[measure].median(), abs=1e-3)


def test_what_does_no_harm_is_not_listed(coins):
    coins.loc[3, "sharpness"] = 0.95
    coins.loc[4, "saturation"] = 0.9
    coins.loc[5, "lightness"] = 60  # far from the others in deviations, near in fact
    assert cleaning_list(coins, []).empty


def test_the_worst_comes_first(coins):
    coins.loc[[5, 6], "sharpness"] = [0.5, 0.3]
    assert cleaning_list(coins, [])["coin_id"].tolist() == ["MC_0006_R", "MC_0005_R"]


def test_a_photograph_without_a_coin_is_listed(coins):
    coins.loc[2, "framing"] = np.nan
    (row,) = cleaning_list(coins, []).to_dict("records")
    assert row["reason"] == NO_COIN


def test_a_pair_names_the_other_photograph_and_its_cluster(coins):
    coins.loc[9, "cluster"] = 5
    (row,) = cleaning_list(coins, [Pair(4, 9, 0.97)]).to_dict("records")
    assert row["reason"] == NEARLY_THE_SAME
    assert (row["coin_id"], row["other_coin_id"], row["other_cluster"]) == ("MC_0004_R", "MC_0009_R", 5)
    assert row["value"] == 0.97


def test_photographs_that_are_all_alike_or_unmeasured_are_no_outliers(coins):
    coins["background"] = 100.0
    coins["framing"] = np.nan
    table = cleaning_list(coins, [])
    assert set(table["reason"]) == {NO_COIN}


def test_what_was_doubtful_when_it_was_read_is_listed_each_doubt_in_a_row(coins):
    coins.loc[4, "photograph_note"] = "blank; tiny"
    table = cleaning_list(coins, [])
    assert table[["coin_id", "reason", "measure"]].to_numpy().tolist() == [
        ["MC_0004_R", "blank", "photograph_note"],
        ["MC_0004_R", "tiny", "photograph_note"],
    ]


def test_a_cluster_that_a_format_made_is_listed_and_no_other(coins):
    coins["cluster"] = np.repeat([0, 1, 2, 3], 10)
    coins["width"] = np.random.default_rng(1).integers(380, 420, COUNT)
    coins.loc[10:18, "width"] = 810  # both sides in one frame, but for one coin of that cluster
    table = cleaning_list(coins, [])
    assert set(table["reason"]) == {OF_ONE_SHAPE}
    assert table["coin_id"].tolist() == coins["coin_id"][10:19].tolist()
    assert table["value"].tolist() == [2.025] * 9
    assert table["usual"].between(0.95, 1.05).all()


def test_a_format_that_is_found_in_other_clusters_too_made_none(coins):
    coins["cluster"] = np.repeat([0, 1, 2, 3], 10)
    coins.loc[10:19, "width"] = 810
    assert len(cleaning_list(coins, [])) == 10
    random = np.random.default_rng(2)
    for _ in range(20):
        coins["cluster"] = random.permutation(coins["cluster"])
        assert cleaning_list(coins, []).empty
    coins["cluster"] = 0
    assert cleaning_list(coins, []).empty
