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
