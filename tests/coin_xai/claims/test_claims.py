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
