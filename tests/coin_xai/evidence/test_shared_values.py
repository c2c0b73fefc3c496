import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact

from coin_xai.evidence.shared_values import Shared, _asked, _chances, differing_values, shared_values


@pytest.fixture
def table():
    """120 coins in 4 clusters: metal goes with the cluster, symbol mostly, mint not at all."""
    random = np.random.default_rng(3)
    cluster = np.repeat(np.arange(4), 30)
    symbol = np.where(random.random(120) < 0.9, cluster, random.integers(4, size=120))
    table = pd.DataFrame(
        {
            "metal": np.array(["gold", "silver", "silver", "silver"], dtype=object)[cluster],
            "symbol": np.array(["wheel", "torc", "axe", None], dtype=object)[symbol],
            "mint": random.choice(["Rome", "Lyon"], 120),
            "inventory": [f"I {number}" for number in range(120)],
            "weight": random.normal(3, 1, 120),
            "bar_width": np.array(["0.18", "0.15", "0.2", "0.25"], dtype=object)[cluster],
        }
    )
    return table, cluster


COLUMNS = ("metal", "symbol", "mint", "inventory", "weight", "bar_width")


def test_what_coins_share_and_others_do_not_is_said_the_surest_first(table):
    found = shared_values(*table, COLUMNS)
    assert [one.column for one in found[0]] == ["metal", "symbol"]
    assert found[0][0] == Shared("metal", "gold", 1.0, 0.0)
    assert found[0][1].value == "wheel"
    assert [one.value for one in found[1]] == ["torc", "silver"]
    assert [one.column for one in found[3]] == ["metal"]  # a symbol that is missing is none


def test_what_differs_is_said_of_two_clusters_alone(table):
    found = differing_values(*table, COLUMNS, {0: 1, 1: 2, 2: 1})
    assert {one.column for one in found[0]} == {"metal", "symbol"}
    assert [(one.column, one.value) for one in found[1]] == [("symbol", "torc")]
    rows, cluster = table
    there = rows["symbol"][cluster == 1] == "axe"
    assert found[2][0].elsewhere == there.mean()


def test_chance_is_that_of_fishers_exact_test(table):
    rows, cluster = table
    here = cluster == 2
    asked = list(_asked({"symbol": pd.factorize(rows["symbol"])}, here, ~here))
    assert len(asked) > 1
    for chance, question in zip(_chances(asked), asked, strict=True):
        has = rows["symbol"] == question.value
        counts = [[(has & here).sum(), (~has & here).sum()], [(has & ~here).sum(), (~has & ~here).sum()]]
        assert chance == pytest.approx(fisher_exact(counts, alternative="greater").pvalue)


def test_of_shuffled_clusters_nothing_is_said(table):
    rows, cluster = table
    random = np.random.default_rng(7)
    said = 0
    for _ in range(50):
        found = shared_values(rows, random.permutation(cluster), COLUMNS)
        said += sum(len(shared) for shared in found.values())
    assert said <= 1  # each of 50 runs says anything with a probability of 0.01


def test_a_single_cluster_and_a_table_without_columns_say_nothing(table):
    rows, cluster = table
    assert shared_values(rows, np.zeros(120, int), COLUMNS) == {0: []}
    assert shared_values(rows, cluster, ()) == {one: [] for one in range(4)}


def test_of_what_is_equally_sure_the_first_columns_are_said(table):
    rows, cluster = table
    names = [f"copy_{letter}" for letter in "edcba"]
    copies = pd.DataFrame(dict.fromkeys(names, rows["metal"]))
    assert [one.column for one in shared_values(copies, cluster, names)[0]] == names[:4]
