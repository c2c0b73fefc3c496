import pandas as pd

from coin_xai.evidence.typical import typical_first


def test_the_highest_score_comes_first_and_equal_ones_by_name():
    coins = pd.DataFrame({"coin_id": ["c", "a", "b", "d"], "score": [1.0, 2.0, 2.0, -3.0]})
    assert typical_first(coins)["coin_id"].tolist() == ["a", "b", "c", "d"]
    assert typical_first(coins[::-1])["coin_id"].tolist() == ["a", "b", "c", "d"]
