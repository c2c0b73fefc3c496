import numpy as np
import pandas as pd
import pytest

from coin_xai.comparison.movements import movements


@pytest.fixture
def drawn():
    rng = np.random.default_rng(2)
    return 5 * rng.integers(4, size=90), rng.integers(3, 7, size=90)


def test_coins_are_counted_as_pandas_counts_them(drawn):
    before, after = drawn
    found = movements(before, after).set_index(["before", "after"])
    expected = pd.crosstab(before, after)
    for way, normalised in (
        ("coins", False),
        ("share_of_before", "index"),
        ("share_of_after", "columns"),
    ):
        table = pd.crosstab(before, after, normalize=normalised) if normalised else expected
        for (one, other), value in found[way].items():
            assert value == pytest.approx(table.loc[one, other])
    assert len(found) == (expected.to_numpy() > 0).sum()


def test_a_cluster_that_is_split_is_the_whole_parent_of_its_parts():
    found = movements(np.array([1, 1, 1, 1]), np.array([0, 0, 0, 8]))
    assert found["share_of_before"].tolist() == [0.75, 0.25]
    assert found["share_of_after"].tolist() == [1, 1]
