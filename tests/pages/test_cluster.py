import re

import numpy as np
import pandas as pd
import pytest

from coin_xai.photographs.square import Square
from coin_xai.pictures import heatmaps
from storage.maps import read_maps
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


@pytest.fixture
def coins(explanation):
    return pd.read_parquet(explanation / "assignments.parquet")


def names(page, heading):
    """Return the names of the coins in the section with that heading."""
    section = page.locator("section", has=page.get_by_role("heading", name=heading, exact=True))
    return [card.get_attribute("data-coin") for card in section.locator(".coin").all()]


def test_typical_borderline_and_outlying_coins_are_those_of_the_table(visit, coins, explanation):
    cluster = coins["cluster"].value_counts().index[0]
    members = coins[coins["cluster"] == cluster]
    page = visit(f"cluster/{cluster}")
    told = pd.read_parquet(explanation / "page" / "app" / "coins.parquet").set_index("coin_id")
    order = members.assign(recognised=told["recognised"].loc[members["coin_id"]].to_numpy())
    order = order.sort_values(["recognised", "score"], ascending=False)["coin_id"].tolist()
    assert names(page, "Typical") == order[:6]
    assert names(page, "Outliers") == order[::-1][:6]
    assert names(page, "Borderline") == members.sort_values("margin")["coin_id"].tolist()[:6]
    sure = float(page.get_by_text("stability").first.inner_text().removeprefix("stability "))
    assert sure == pytest.approx(members["stability"].mean(), rel=0.01)
    page.get_by_label("Sort by").select_option("stability")
    cards = page.locator("section", has=page.get_by_role("heading", name=f"All coins ({len(members)})"))
    shown = [one.get_attribute("data-coin") for one in cards.locator(".coin").all()]
    ordered = members.set_index("coin_id")["stability"].loc[shown]
    assert ordered.is_monotonic_increasing


def test_a_cluster_says_whether_its_maps_are_evidence(visit, explanation):
    table = pd.read_parquet(explanation / "recognition" / "clusters.parquet").set_index("cluster")
    for cluster, row in table.iterrows():
        told = visit(f"cluster/{cluster}").locator(".verdict").inner_text()
        assert f"{100 * row['recognition']:.0f} % were recognised" in told
        assert "upper bound" not in told  # the whole training was repeated
        assert ("The maps of this cluster are no evidence: " in told) == (not row["evidence"])
        assert ("Its maps count as evidence." in told) == row["evidence"]
        if not row["evidence"]:
            german = visit(f"cluster/{cluster}", "page/app/report.de.html").locator(".verdict b").inner_text()
            assert german.startswith("Die Karten dieses Clusters sind kein Beleg: ")
            # Whoever comes to a coin by a link has not seen the page of its cluster.
            coin = visit(f"cluster/{cluster}").locator(".coin figcaption a").first
            coin.click()
            page = coin.page
            page.wait_for_selector(".large")
            assert page.locator(".verdict.warning").count() == 1


def test_a_cluster_says_how_far_both_kinds_of_maps_agree(visit, explanation):
    table = pd.read_parquet(explanation / "page" / "app" / "clusters.parquet").set_index("cluster")
    for cluster, row in table.iterrows():
        told = visit(f"cluster/{cluster}").locator(".matched").inner_text()
        figures = re.search(r"rank correlation is (-?[\d.]+); .* it is (-?[\d.]+)\.", told).groups()
        expected = [row["match_agreement"], row["match_agreement_by_chance"]]
        assert [float(figure) for figure in figures] == pytest.approx(expected, abs=0.006)
        assert f"{100 * row['purity']:.0f} % of the coins that match its coins best are in it." in told


def test_heat_is_drawn_as_the_pictures_in_the_results_are(visit, explanation, coins):
    page = visit(f"cluster/{coins['cluster'].iloc[0]}")
    maps = {}
    for path in explanation.rglob("maps.parquet"):
        found, columns = read_maps(path)
        maps.update(zip(found, columns["grad_cam"], strict=True))
    grey = 120
    photograph = np.full((160, 160, 3), grey, np.uint8)
    speaking = [name for name, cam in sorted(maps.items()) if cam.max() > 0]
    assert len(speaking) > 5
    for name in speaking[:2]:
        drawn = page.evaluate(
            """name => {
                const canvas = document.createElement("canvas");
                Heat.draw(canvas, "grad_cam", Table.coinOf.get(name));
                return [...canvas.getContext("2d").getImageData(0, 0, 160, 160).data];
            }""",
            name,
        )
        picture = np.array(drawn, float).reshape(160, 160, 4)
        cover = picture[..., 3:] / 255
        shown = picture[..., :3] * cover + grey * (1 - cover)
        expected = heatmaps.overlay(photograph, maps[name], square=Square(0, 0, 160))
        assert np.abs(shown - expected).max() < 6, name
        assert np.abs(shown - expected).mean() < 1, name


def test_a_coin_shows_its_largest_value_beside_its_map(visit, coins):
    page = visit(f"cluster/{coins['cluster'].iloc[0]}")
    name = names(page, "Typical")[0]
    maximum = page.evaluate("name => HEAT.hires_cam.maximum[Table.coinOf.get(name)]", name)
    words = page.locator(f'[data-coin="{name}"] .numbers').first.inner_text()
    assert f"HiResCAM maximum {float(f'{maximum:.3g}'):g}" in words


def test_pictures_can_be_chosen_blinked_and_put_on_one_scale(visit):
    page = visit("cluster/0")
    page.get_by_role("button", name="one picture").click()
    assert page.locator(".coin").first.locator(".picture").count() == 1
    page.keyboard.press("5")
    assert page.locator(".coin .frame.gradient").count() > 0
    page.keyboard.press("2")
    canvas = page.locator(".coin canvas").first
    drawn = [canvas.screenshot()]

    def another():
        shown = canvas.screenshot()
        return shown not in drawn and shown

    for name in ("common", "for the colour-blind"):
        page.get_by_role("button", name=name).click()
        drawn.append(wait_until(another, "another picture"))
    page.keyboard.press("b")
    assert "blink" in page.locator("body").get_attribute("class")
    page.reload()
    assert page.get_by_role("button", name="common").get_attribute("aria-pressed") == "true"
    assert "blink" not in (page.locator("body").get_attribute("class") or "")


def test_members_can_be_sorted_by_any_column(visit, coins):
    cluster = coins["cluster"].value_counts().index[0]
    page = visit(f"cluster/{cluster}")
    members = page.locator("section", has=page.locator(".sorter"))
    members.locator("select").select_option("wear")
    members.get_by_role("button", name="↑").click()
    found = [card.get_attribute("data-coin") for card in members.locator(".coin").all()]
    wear = coins.set_index("coin_id")["wear"].astype(float)
    expected = sorted(coins.loc[coins["cluster"] == cluster, "coin_id"], key=lambda name: -wear[name])
    assert found == expected


def test_the_column_of_facts_shows_map_profile_quality_neighbours_and_table(visit):
    page = visit("cluster/0")
    aside = page.locator("aside")
    for heading in (
        "Mean map",
        "From the centre to the rim",
        "Its photographs compared with all",
        "Nearest clusters",
    ):
        aside.get_by_role("heading", name=heading).wait_for()
    assert aside.locator(".profile span").count() == 6
    aside.get_by_role("heading", name="type").wait_for()
    assert page.locator(".strip").count() == 4 + 2 * 2  # concepts, and both sides of two rivals
    before = page.locator("h2").first.inner_text()
    aside.locator(".near").first.click()
    page.wait_for_function("before => document.querySelector('h2').textContent !== before", arg=before)


def test_what_differs_is_shown_on_both_sides(visit, explanation):
    page = visit("cluster/0")
    section = page.locator("section", has=page.get_by_role("heading", name="What differs from the nearest"))
    (first, second), *_ = [
        [strip.locator("a").first.inner_text() for strip in pair.locator(".strip").all()]
        for pair in section.locator(".against").all()
    ]
    assert first == "Cluster 0"
    assert second == page.locator("aside .near b").first.inner_text()
    names, columns = read_maps(explanation / "page" / "contrasts" / "contrasts.parquet")
    rival = int(second.removeprefix("Cluster "))
    own = (columns["cluster"] == 0) & (columns["rival"] == rival)
    coins = [name for name, is_own in zip(names, own, strict=True) if is_own]
    shown = section.locator(".strip").first.locator("a[title]").all()
    assert [coin.get_attribute("title") for coin in shown] == coins
    kept = page.evaluate("pair => CONTRASTS[pair].maximum", f"0>{rival}")
    largest = np.maximum(columns["map"][own], 0).max(axis=(1, 2))
    assert kept == pytest.approx(largest, rel=1e-3)


def test_arrow_keys_go_from_cluster_to_cluster(visit):
    page = visit()
    page.locator(".index a").first.click()
    page.wait_for_selector("article")
    first = page.locator("h2").first.inner_text()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("before => document.querySelector('h2').textContent !== before", arg=first)
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => document.querySelector('h2').textContent === before", arg=first)


def test_a_cluster_that_is_not_there_is_told(visit):
    visit("cluster/99").get_by_text("There is no cluster 99 here.").wait_for()


def test_print_shows_all_maps_and_no_buttons(visit):
    page = visit("cluster/0")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    page.locator(".toolbar").first.wait_for(state="hidden")
    page.locator(".top").wait_for(state="hidden")
    widths = page.locator("canvas.over").evaluate_all("all => all.map((one) => one.width)")
    empty = page.locator("canvas.over.nothing").count()
    assert sum(width == 160 for width in widths) + empty >= len(widths)
