import numpy as np
import pandas as pd
import pytest

from coin_xai.claims.symbol import symbol_is_salient, words_of

AXE = np.arange(120) % 2 == 0
NAMED = {"canton_3": np.where(AXE, "axe", "")}


def test_a_symbol_whose_canton_counts_less_than_the_bar_supports_the_claim(evidence):
    cost = {"canton 3": np.where(AXE, 0.5, 0.0), "horizontal bar": 2.0}
    found = symbol_is_salient(evidence(cost=cost, coins=NAMED))
    assert found.verdict == "supported"
    assert found.effect.value == pytest.approx(0.5, abs=0.08)
    assert "axe" in found.claim
    lost = {name: mean.value for name, mean in found.series.rows.items()}
    assert lost["canton 3 with it"] == pytest.approx(0.5, abs=0.1)
    assert lost["canton 3 without it"] == pytest.approx(0, abs=0.1)
    assert lost["canton 4, coins with it"] == pytest.approx(0, abs=0.1)
    assert lost["horizontal bar, coins with it"] == pytest.approx(2, abs=0.1)


def test_a_canton_that_counts_as_much_without_the_symbol_does_not(evidence):
    found = symbol_is_salient(evidence(cost={"canton 3": 0.5, "horizontal bar": 2.0}, coins=NAMED))
    assert found.verdict == "no relevant effect"


def test_a_symbol_that_counts_more_than_the_bar_refutes_the_claim(evidence):
    found = symbol_is_salient(evidence(cost={"canton 3": np.where(AXE, 0.5, 0.0)}, coins=NAMED))
    assert (found.verdict, "more so than" in found.reason) == ("refuted", True)


def test_what_shuffled_clusters_show_as_well_is_no_evidence(evidence):
    cost = {"canton 3": np.where(AXE, 0.5, 0.0), "horizontal bar": 2.0}
    found = symbol_is_salient(evidence(cost=cost, controls={"shuffled": cost}, coins=NAMED))
    assert found.verdict == "no relevant effect"
    assert found.controls["shuffled"].value == pytest.approx(0.5, abs=0.1)
    assert found.controls["untrained"].value == pytest.approx(0, abs=0.1)


GIVEN_AXE = np.where(np.arange(120) // 2 % 2 == 0, ~AXE, AXE)
"""Whether the canton that a coin is given in its place bears an axe."""
FOUND = {"canton 3": np.where(AXE, 0.5, 0.0), "horizontal bar": 2.0}
SWAPPED = "what a canton without the symbol costs more than another with it"


def test_a_canton_without_the_symbol_costs_more_than_another_one_with_it(evidence):
    cost = FOUND | {"other canton 3": np.where(GIVEN_AXE, 0.2, 0.9)}
    found = symbol_is_salient(evidence(cost=cost, coins=NAMED))
    assert found.verdict == "supported"
    assert found.also[SWAPPED] == pytest.approx(0.7, abs=0.1)
    lost = {name: mean.value for name, mean in found.series.rows.items()}
    assert lost["canton 3 of another coin with it"] == pytest.approx(0.2, abs=0.1)
    assert lost["canton 3 of another coin without it"] == pytest.approx(0.9, abs=0.1)


def test_a_symbol_that_is_missed_less_than_any_change_is_not_supported(evidence):
    cost = FOUND | {"other canton 3": np.where(GIVEN_AXE, 0.9, 0.2)}
    found = symbol_is_salient(evidence(cost=cost, coins=NAMED))
    assert (found.verdict, "a canton without it surely costs less" in found.reason) == (
        "cannot be decided",
        True,
    )


def test_a_symbol_that_is_hidden_as_cheaply_as_others_but_missed_is_not_denied(evidence):
    cost = {"canton 3": 0.5, "horizontal bar": 2.0, "other canton 3": np.where(GIVEN_AXE, 0.1, 0.9)}
    found = symbol_is_salient(evidence(cost=cost, coins=NAMED))
    assert (found.verdict, "surely more than another one with it" in found.reason) == (
        "cannot be decided",
        True,
    )
    as_much = cost | {"other canton 3": 0.9}
    found = symbol_is_salient(evidence(cost=as_much, coins=NAMED))
    assert found.verdict == "no relevant effect"


def test_coins_that_were_given_no_canton_are_asked_all_the_same(evidence):
    asked = evidence(cost=FOUND, coins=NAMED)
    for run in asked.runs:
        del run.measured["donor"]
    assert (asked.donors(0) == -1).all()
    found = symbol_is_salient(asked)
    assert found.verdict == "supported"
    assert SWAPPED not in found.also
    assert not [name for name in found.series.rows if "another coin" in name]


def test_another_symbol_can_be_asked_about(evidence):
    named = {"canton_3": np.where(AXE, "axe|pellet", np.where(np.arange(120) % 3 == 0, "pellet", ""))}
    assert "pellet in" in symbol_is_salient(evidence(coins=named), "pellet").claim


@pytest.mark.parametrize(
    ("columns", "lacking"),
    [({}, "canton_3"), ({"canton_3": ["axe"] * 120}, "100%"), ({"canton_3": [""] * 120}, "0%")],
)
def test_what_is_lacking_is_said(evidence, columns, lacking):
    assert lacking in symbol_is_salient(evidence(coins=columns))


def test_words_are_separated_by_bars_and_cells_may_be_empty():
    coins = pd.DataFrame({"canton_1": ["Axe | pellet", None, ""]})
    assert words_of(coins, "canton_1") == [{"axe", "pellet"}, set(), set()]


def test_a_coin_that_nobody_described_counts_neither_way(evidence):
    columns = {f"canton_{number}": np.array([""] * 120, dtype=object) for number in (1, 2, 3, 4)}
    columns["canton_3"][:30], columns["canton_1"][30:60] = "axe", "pellet"
    counted = np.zeros(120)
    counted[:30] = 0.5
    counted[60:] = 9  # of coins that nobody described
    found = symbol_is_salient(evidence(cost={"canton 3": counted, "horizontal bar": 20.0}, coins=columns))
    assert found.effect.coins == 60
    assert found.effect.value < 3


def test_a_word_may_be_written_in_capitals(evidence):
    assert not isinstance(symbol_is_salient(evidence(coins=NAMED), " Axe "), str)


@pytest.mark.parametrize(
    ("measured", "controls"), [(12, {}), (120, {"shuffled": {"canton 3": np.where(AXE, 0.5, 0.0)}})]
)
def test_more_than_the_bar_refutes_only_what_is_surely_salient(evidence, measured, controls):
    cost = np.where(AXE, 0.5, 0.0)
    cost[measured:] = np.nan
    found = symbol_is_salient(evidence(cost={"canton 3": cost}, controls=controls, coins=NAMED))
    assert found.verdict in ("cannot be decided", "no relevant effect")
