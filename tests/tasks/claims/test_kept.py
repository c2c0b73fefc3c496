import math

import pandas as pd
import pytest

from coin_xai.claims.resampling import Estimate
from coin_xai.claims.verdict import Answers, Finding, Series
from tasks.claims.kept import METHODS, partition_of, read_answers, write_answers

UNKNOWN = Estimate(0.25, math.nan, math.nan, 7)
COINS = pd.DataFrame({"coin_id": ["=1+1", "b"], "cluster": [3, 4]})


@pytest.fixture
def answers():
    """One claim with all there can be, one about which nothing is known, and one that was not asked."""
    found = Finding(
        number=1,
        claim="The cross is a global feature.",
        measure="a share",
        effect=Estimate(0.5, 0.4, 0.6, 100),
        margin=0.2,
        beyond={"shuffled": Estimate(0.45, 0.3, 0.55, 100)},
        verdict="supported",
        reason="it surely exceeds the margin",
        also={"clusters": 8.0, "unknown": math.nan},
        deciding=["=1+1", "b"],
        controls={"shuffled": UNKNOWN},
        hides="cross",
        series=Series("a share, by cluster", {"cluster 4": Estimate(0.5, 0.4, 0.6, 12)}),
    )
    bare = Finding(7, "Twins.", "a share", UNKNOWN, 0.1, {}, "cannot be decided", "too few", deciding=[])
    return Answers((found, bare), {6: "there is no column canton_3"}, frozenset({1}))


@pytest.fixture
def folder(answers, tmp_path):
    write_answers(tmp_path, answers, measured=COINS, coins=COINS, methods="Claims were tested.")
    return tmp_path


def test_answers_are_read_as_they_were_written(answers, folder):
    assert repr(read_answers(folder)) == repr(answers)  # NaN is no other NaN


def test_the_table_of_verdicts_has_every_claim_in_order(folder):
    verdicts = pd.read_csv(folder / "verdicts.csv")
    assert verdicts["number"].tolist() == [1, 6, 7]
    assert verdicts["verdict"].tolist() == ["supported", "not asked", "cannot be decided"]
    assert verdicts.loc[1, "claim"].startswith("A symbol in canton 3")
    assert "NaN" not in (folder / "verdicts.csv").read_text()
    assert (folder / METHODS).read_text() == "Claims were tested."


def test_no_cell_of_a_table_is_a_formula(folder):
    assert "'=1+1" in (folder / "coins.csv").read_text()


def test_a_partition_is_told_from_another_whatever_the_order_of_coins():
    assert partition_of(COINS) == partition_of(COINS[::-1])
    assert partition_of(COINS) != partition_of(COINS.assign(cluster=[4, 3]))
