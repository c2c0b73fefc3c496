import pandas as pd
import pytest

from coin_xai.evidence.typical import typical_first


@pytest.fixture
def coins():
    return pd.DataFrame({"coin_id": ["c", "a", "b", "d"], "score": [1.0, 2.0, 2.0, -3.0]})


def test_the_highest_score_comes_first_and_equal_ones_by_name(coins):
    assert typical_first(coins)["coin_id"].tolist() == ["a", "b", "c", "d"]
    assert typical_first(coins[::-1])["coin_id"].tolist() == ["a", "b", "c", "d"]


def test_what_was_not_recognised_comes_last_however_high_its_score(coins):
    held_out = coins.assign(recognised=[True, False, True, True])
    assert typical_first(held_out)["coin_id"].tolist() == ["b", "c", "d", "a"]
