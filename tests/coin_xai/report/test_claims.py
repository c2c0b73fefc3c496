import math

import pytest

from coin_xai.claims.resampling import Estimate
from coin_xai.report.claims import cards, not_asked, plot_of

NOTHING = Estimate(math.nan, math.nan, math.nan, 3)


def card_of(drawn, language="en", **other):
    (card,) = cards(drawn.report(claims=drawn.claims(drawn.finding(**other), surely=(1,))), language)
    return card


def test_a_card_says_claim_verdict_and_reason_in_the_language_of_the_page(drawn):
    card = card_of(drawn)
    assert (card.claim, card.verdict, card.kind) == (
        "The cross is a global feature.",
        "supported",
        "supported",
    )
    assert card.reason == "It surely exceeds the margin."
    german = card_of(drawn, "de")
    assert (german.claim, german.verdict) == ("Das Kreuz ist ein globales Merkmal.", "gestützt")
    assert german.plot.rows[0].value == "0.50 (0.40 bis 0.60)"
    assert german.groups.rows[0].name == "Cluster 4"


@pytest.mark.parametrize(
    ("verdict", "kind"),
    [("no relevant effect", "no"), ("refuted", "refuted"), ("cannot be decided", "cannot")],
)
def test_verdicts_differ_in_sign_and_style_and_not_in_colour_alone(drawn, verdict, kind):
    card, supported = card_of(drawn, verdict=verdict), card_of(drawn)
    assert card.kind == kind
    assert card.sign != supported.sign
    assert card.corrected is None  # to correct what is not supported says nothing
    assert supported.corrected


def test_an_effect_stands_above_its_controls_on_one_axis(drawn):
    plot = card_of(drawn).plot
    assert [row.name for row in plot.rows] == ["this network", "taught shuffled clusters"]
    effect, control = plot.rows
    assert plot.opposite < plot.zero < control.at < plot.margin < effect.low < effect.at < effect.high < 100
    assert effect.at - plot.zero == pytest.approx(10 * (control.at - plot.zero), abs=0.1)
    assert plot.margin - plot.zero == pytest.approx(plot.zero - plot.opposite, abs=0.05)


def test_an_axis_shows_all_of_every_interval():
    plot = plot_of({"far": Estimate(-3, -4, -2, 9), "near": Estimate(0.1, 0, 0.2, 9)}, "en", margin=0.5)
    places = [place for row in plot.rows for place in (row.low, row.at, row.high)]
    assert min(places) > 0
    assert max(*places, plot.margin) < 100


def test_what_is_not_known_has_no_place_and_no_number():
    plot = plot_of({"nothing": NOTHING, "a point": Estimate(0.5, math.nan, math.nan, 9)}, "en", margin=0.2)
    nothing, point = plot.rows
    assert (nothing.at, nothing.low, nothing.value) == (None, None, "–")
    assert (point.low, point.value) == (None, "0.50")
    assert point.at > plot.margin


def test_nothing_is_said_to_be_less_than_zero_that_is_none():
    (row,) = plot_of({"small": Estimate(-0.001, -0.004, 0.2, 9)}, "en").rows
    assert row.value == "0.00 (0.00 to 0.20)"


def test_numbers_that_are_no_effects_have_no_margin(drawn):
    assert card_of(drawn).groups.margin is not None
    (card,) = cards(drawn.report(claims=drawn.claims(drawn.finding(5))), "en")
    assert (card.groups.margin, card.groups.opposite) == (None, None)
    assert plot_of({}, "en").rows == []


def test_a_number_that_nobody_knows_is_left_out(drawn):
    assert card_of(drawn).further == [("foretold", "0.123")]


def test_coins_that_the_page_does_not_show_are_left_out(drawn):
    assert card_of(drawn, deciding=["gone", "MC_0002_R"]).coins == ["MC_0002_R"]


def test_pictures_of_hidden_parts_are_shown_where_coins_are(drawn):
    asked = drawn.claims(drawn.finding())
    (card,) = cards(drawn.report(claims=asked), "en")
    folder = "page/claims/pictures/1-a%20b"
    assert card.hidden == [("MC_0001_R", f"{folder}-before.webp", f"{folder}-after.webp")]
    (card,) = cards(drawn.report(claims=asked, atlas=None), "en")
    assert card.hidden == []


def test_claims_that_were_not_asked_are_listed_with_the_reason(drawn):
    report = drawn.report(claims=drawn.claims(lacking={7: "no column says which coins are alike"}))
    assert cards(report, "en") == []
    ((number, claim, reason),) = not_asked(report, "de")
    assert (number, reason) == (7, "Keine Spalte sagt, welche Münzen gleich sind.")
    assert claim.startswith("Ähnliche Merkmale")


def test_a_run_without_claims_has_no_cards(drawn):
    assert cards(drawn.report(), "en") == not_asked(drawn.report(), "en") == []
