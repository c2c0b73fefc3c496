import numpy as np
import pytest

from coin_xai.claims.wear import worn_coins_suffer

WEAR = np.random.default_rng(4).random(120)
CHANCE = np.random.default_rng(5).random(120)


def test_worn_coins_that_are_not_recognised_are_found(evidence):
    found = worn_coins_suffer(evidence(coins={"wear": WEAR}, recognised=(CHANCE > WEAR).astype(float)))
    assert found.verdict == "supported"
    assert found.effect.value > found.also["largest of 200 by chance"]
    assert "wear is told from the relief" not in found.reason
    groups = [share.value for share in found.series.rows.values()]
    assert list(found.series.rows) == [f"group {one} of 5" for one in (1, 2, 3, 4, 5)]
    assert groups[0] > 0.7
    assert groups[-1] < 0.3
    chance = found.controls["wear dealt out anew"]
    assert chance.low < 0 < chance.high < found.effect.value


def test_coins_that_are_graded_alike_are_in_one_group(evidence):
    wear = np.repeat([0, 1], 60)
    found = worn_coins_suffer(evidence(coins={"wear": wear}, recognised=1.0 - wear))
    first, last = found.series.rows.values()
    assert (first.value, first.coins, last.value, last.coins) == (1, 60, 0, 60)
    assert first.low < 1  # of sixty coins nobody knows that all are


def test_coins_that_are_recognised_whatever_their_wear_are_not(evidence):
    found = worn_coins_suffer(evidence(coins={"wear": WEAR}, recognised=(CHANCE > 0.4).astype(float)))
    assert found.verdict != "supported"


@pytest.mark.parametrize("missed", [0, 2])
def test_few_coins_that_are_not_recognised_leave_the_interval_as_wide_as_any(evidence, missed):
    recognised = (np.arange(120) >= missed).astype(float)
    found = worn_coins_suffer(evidence(coins={"wear": WEAR}, recognised=recognised))
    # Fisher's interval of a correlation of 0 by 120 coins; that of resamples is a third narrower, or nothing.
    assert found.effect.high - found.effect.low > 2 * 0.17
    assert found.verdict == "cannot be decided"


def test_wear_that_is_nothing_but_a_blurred_photograph_does_not_count(evidence):
    sharpness = 1 - WEAR
    found = worn_coins_suffer(
        evidence(coins={"wear": WEAR, "sharpness": sharpness}, recognised=(CHANCE > WEAR).astype(float))
    )
    assert found.effect.value == pytest.approx(0, abs=1e-6)


def test_without_a_grade_little_relief_stands_for_wear(evidence):
    found = worn_coins_suffer(evidence(coins={"relief": -WEAR}, recognised=(CHANCE > WEAR).astype(float)))
    assert found.effect.low > 0
    assert "wear is told from the relief" in found.reason


def test_where_nobody_knows_which_coins_are_recognised_nothing_is_decided(evidence):
    found = worn_coins_suffer(evidence(recognised=np.full(120, np.nan)))
    assert found.verdict == "cannot be decided"


def test_grades_in_words_are_said_to_be_no_numbers(evidence):
    assert "no numbers" in worn_coins_suffer(evidence(coins={"condition": ["VF", "F"] * 60}))


def test_grades_as_text_are_read_as_numbers(evidence):
    grades = [f"{value:.3f}" for value in WEAR]
    found = worn_coins_suffer(evidence(coins={"wear": grades}, recognised=(CHANCE > WEAR).astype(float)))
    assert found.verdict == "supported"


def test_coins_of_which_nobody_knows_how_complete_they_are_are_asked_without_that(evidence):
    unknown = {"wear": WEAR, "completeness": np.nan}
    recognised = (CHANCE > WEAR).astype(float)
    found = worn_coins_suffer(evidence(coins=unknown, recognised=recognised, model="table"))
    assert (found.verdict, found.effect.coins) == ("supported", 120)
    assert "parts of a table do not tell how complete a coin is" in found.reason
