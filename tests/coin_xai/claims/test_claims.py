import numpy as np

from coin_xai.claims.claims import ask


def test_all_claims_are_asked_that_can_be(evidence):
    answers = ask(evidence())
    assert [found.number for found in answers.findings] == [1, 2, 3, 4, 5]
    assert set(answers.lacking) == {6, 7}


def test_coins_that_are_divided_into_rings_have_no_cross_to_ask_about(evidence):
    answers = ask(evidence(model="radial"))
    assert [found.number for found in answers.findings] == [3, 4]
    assert "cross" in answers.lacking[1]


def test_only_what_exceeds_its_margin_is_sure_after_correction(evidence):
    answers = ask(evidence(heat={"cross": 0.8}, cost={"cross": 0.5}))
    assert answers.surely == {1}
    assert ask(evidence()).surely == frozenset()


def test_an_effect_without_any_spread_is_sure(evidence):
    kinds = [f"T{number % 4}" for number in range(120)]
    apart = np.arange(120)  # every pair of a type is split, whichever coin is left out
    answers = ask(evidence(coins={"type": kinds}, cluster=apart, label="type"))
    twins = next(found for found in answers.findings if found.number == 7)
    assert twins.effect.low == twins.effect.high == 1
    assert 7 in answers.surely


CANTONS = "canton 1|canton 2|canton 3|canton 4"
AXES = {"canton_3": np.where(np.arange(120) % 2, "axe", "pellet")}


def lacking(evidence, parts, **coins):
    """Return the claims of which it is said what is lacking, of coins of which every second has no part."""
    names = np.where(np.arange(120) % 2, "", parts)
    return ask(evidence(model="table", coins={"parts": names, **coins})).lacking


def test_of_parts_that_a_table_marks_is_asked_what_they_allow(evidence):
    whole = f"cross|diagonal|horizontal bar|vertical bar|{CANTONS}"
    assert set(lacking(evidence, whole, **AXES)) == {7}
    found = lacking(evidence, "cross|diagonal|horizontal bar", **AXES, richness=np.nan)
    assert found[2] == "no coin has a part `vertical bar` in the table"
    assert found[6] == "no coin has a part `canton 1` in the table"
    assert found[5].startswith("no coin has all four cantons in the table of parts")
    assert 1 not in found
    assert lacking(evidence, "legend")[1] == "no coin has a part `cross` in the table"


def test_words_of_the_cantons_tell_richness_whatever_is_marked(evidence):
    words = {f"canton_{number}": "pellet" for number in (1, 2, 4)}
    assert 5 not in lacking(evidence, "legend", **AXES, **words, richness=np.nan)


def test_claims_about_a_cross_that_was_marked_are_judged_alike(evidence):
    parts = f"cross|diagonal|horizontal bar|vertical bar|{CANTONS}"
    strong = {"heat": {"cross": 0.8}, "cost": {"cross": 0.5}}
    marked = ask(evidence(**strong, model="table", coins={"parts": parts}))
    assert marked.findings[0] == ask(evidence(**strong)).findings[0]
