from urllib.parse import quote

import pandas as pd
import pytest

from coin_xai.photographs.square import Square
from storage.layout import RunLayout
from tests.pages.conftest import go

pytestmark = pytest.mark.slow


def row_of(explanation, coin_id):
    return pd.read_parquet(explanation / "assignments.parquet").set_index("coin_id", drop=False).loc[coin_id]


def test_a_coin_shows_all_its_maps_its_row_and_its_history(visit, explanation):
    coin = row_of(explanation, "MC_0018_R")
    page = visit(f"coin/{coin['coin_id']}")
    captions = page.locator(".large figcaption b").all_inner_texts()
    maps = ["HiResCAM", "Match map", "Grad-CAM"]
    assert captions == ["Photograph", *maps, "Guided Grad-CAM", "Guided Backpropagation", "Gradient"]
    values = (
        page.locator(".large .frame.heat").locator("xpath=../..").locator("figcaption span").all_inner_texts()
    )
    assert len(values) == len(maps)
    matched = pd.read_parquet(explanation / "page" / "app" / "coins.parquet").set_index("coin_id")
    known = matched.loc[coin["coin_id"]]
    assert values.pop(1) == (
        f"what it shares with its cluster and not with cluster {known['match_other_cluster']}: likeness "
        f"{known['match_own']:.2f} against {known['match_other']:.2f}"
    )
    assert all(value.startswith("largest value") or value == "no positive evidence" for value in values)
    terms = dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True))
    assert terms["type"] == coin["type"]
    assert terms["inventory number"] == coin["inventory"]
    assert float(terms["margin"]) == pytest.approx(coin["margin"], rel=0.01)
    assert float(terms["stability"]) == pytest.approx(coin["stability"], rel=0.01)
    held_out = pd.read_parquet(explanation / "recognition" / "coins.parquet").set_index("coin_id")
    own = held_out.loc[coin["coin_id"]]
    assert terms["recognised when held out"] == ("yes" if own["recognised"] else "no")
    assert int(terms["held out, taken for cluster"]) == own["recognised_as"]
    assert int(terms["fold"]) == own["fold"]
    assert "head agrees" not in terms
    shown = terms["agreement with match map"]
    assert float(shown) == pytest.approx(known["match_agreement"], abs=0.005)
    page.locator("#view").get_by_text("Stability is the share of repetitions").wait_for()
    assert page.locator(".epoch b").all_inner_texts() == ["0", "1", "2"]


def test_a_card_says_what_its_coin_was_taken_for(visit, explanation):
    coins = pd.read_parquet(explanation / "recognition" / "coins.parquet").set_index("coin_id")
    page = visit("coins")
    for card in page.locator(".coin").all():
        own = coins.loc[card.get_attribute("data-coin")]
        words = card.locator("figcaption").inner_text()
        assert ("recognised when held out" in words) == own["recognised"]
        assert (f"held out, taken for Cluster {own['recognised_as']}" in words) == (not own["recognised"])


def test_its_nearest_coins_are_those_of_the_table(visit, explanation):
    table = pd.read_parquet(explanation / "page" / "tables" / "neighbours.parquet")
    coin = "MC_0018_R"
    page = visit(f"coin/{coin}")
    headings = {
        "match": "Its parts match these best",
        "same": "Nearest in its cluster",
        "other": "Nearest in other clusters",
    }
    for kind, heading in headings.items():
        section = page.locator("section", has=page.get_by_role("heading", name=heading))
        found = [card.get_attribute("data-coin") for card in section.locator(".coin").all()]
        rows = table[(table["coin_id"] == coin) & (table["kind"] == kind)].sort_values("rank")
        assert found == rows["neighbour"].tolist()
    measures = pd.read_parquet(explanation / "page" / "tables" / "measures.parquet").set_index("coin_id")
    share = (
        f"{100 * measures.loc[coin, 'purity']:.0f} % of the ten coins that match it best are in its cluster."
    )
    page.get_by_text(share).wait_for()


def test_cantons_are_numbered_as_in_heraldry(visit, explanation):
    coin = row_of(explanation, "MC_0018_R")
    page = visit(f"coin/{coin['coin_id']}")
    places = [one.bounding_box() for one in page.locator(".shield span").all()]
    numbers = page.locator(".shield small").all_inner_texts()
    assert numbers == ["1", "2", "3", "4"]
    upper_left, upper_right, lower_left, lower_right = places
    assert upper_left["x"] < upper_right["x"]
    assert lower_left["x"] < lower_right["x"]
    assert upper_left["y"] < lower_left["y"]
    assert (coin["canton_1"] or "–") in page.locator(".shield span").first.inner_text()


def test_the_record_of_the_object_is_linked_and_nothing_else_can_be(visit):
    page = visit("coin/MC_0018_R")
    record = page.get_by_role("link", name="https://example.org/coin")
    assert record.get_attribute("href") == "https://example.org/coin"
    assert record.get_attribute("rel") == "noopener noreferrer"
    go(page, "coin/__proto__")
    page.wait_for_function("document.querySelector('h2').textContent === '__proto__'")
    page.get_by_text("javascript:alert(1)").wait_for()
    assert page.locator('a[href^="javascript"]').count() == 0


def test_arrow_keys_go_from_coin_to_coin(visit, explanation):
    coins = pd.read_parquet(explanation / "page" / "app" / "coins.parquet")
    coins = coins.sort_values(["recognised", "score"], ascending=False)
    cluster = row_of(explanation, "MC_0018_R")["cluster"]
    first, second = coins.loc[coins["cluster"] == cluster, "coin_id"].iloc[:2]
    page = visit(f"coin/{quote(first, safe='')}")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("name => document.querySelector('h2').textContent === name", arg=second)


def test_a_coin_that_is_not_there_is_told(visit):
    visit("coin/<b>nobody").get_by_text("There is no coin <b>nobody here.").wait_for()


def test_maps_of_a_coin_that_was_turned_are_turned_back_into_its_photograph(visit):
    """The square of a coin is set by hand, to one that is easy to tell from others."""
    page = visit()
    page.evaluate("PAGE.squares[Table.coinOf.get('MC_0018_R')] = [20, 30, 50, 40, 10]")
    go(page, "coin/MC_0018_R")
    page.wait_for_selector(".large .frame.heat canvas.over")
    found = page.locator(".large .frame.heat canvas.over").first.evaluate(
        """canvas => {
            const { a, b } = new DOMMatrix(getComputedStyle(canvas).transform);
            const [own, frame] = [canvas, canvas.parentElement];
            return [own.offsetLeft / frame.clientWidth, own.offsetTop / frame.clientHeight,
                    own.offsetWidth / frame.clientWidth, own.offsetHeight / frame.clientHeight, a, b];
        }"""
    )
    # Along the upper edge of what was cut out, the photograph is walked in this direction.
    (start, end), (top, below) = Square(0, 0, 1, 10.0).in_photograph([0, 1], [0, 0])
    assert found == pytest.approx([0.2, 0.3, 0.5, 0.4, end - start, below - top], abs=0.02)


def test_coins_stand_on_request_as_they_were_compared_and_their_maps_with_them(visit, explanation):
    run = explanation.parents[1]
    turned = pd.read_parquet(RunLayout(run).frames).set_index("coin_id")["turn_deg"]
    name = turned.abs().idxmax()
    page = visit(f"coin/{quote(name, safe='')}")
    canvas = page.locator(".large .frame.heat canvas.over").first
    # How far the canvas reaches beyond itself, since it does not lie straight.
    reach = "canvas => canvas.getBoundingClientRect().width - canvas.offsetWidth"
    assert canvas.evaluate(reach) > 2
    page.get_by_role("button", name="turned alike").click()
    assert page.get_by_role("button", name="turned alike").get_attribute("aria-pressed") == "true"
    assert abs(canvas.evaluate(reach)) < 0.5
    frames = page.locator(".large .frame")
    turns = frames.evaluate_all(
        """frames => frames.map((frame) => {
            const { a, b } = new DOMMatrix(getComputedStyle(frame).transform);
            return (Math.atan2(b, a) * 180) / Math.PI;
        })"""
    )
    assert turns == pytest.approx([-turned[name]] * frames.count(), abs=0.06)
    page.get_by_role("button", name="as photographed").click()
    assert canvas.evaluate(reach) > 2
