import re
import shutil

import pandas as pd
import pytest

from tests.pages.conftest import go
from tests.waiting import wait_until

pytestmark = pytest.mark.slow


def test_the_overview_names_the_run_its_clusters_and_its_broken_photographs(visit, explanation):
    page = visit()
    clusters = pd.read_parquet(explanation / "assignments.parquet")["cluster"]
    assert page.title() == "pages · coin-xai"
    assert page.locator(".index > div").count() == clusters.nunique()
    page.get_by_text("broken.jpg").first.wait_for()
    page.locator("#view").wait_for(state="hidden")


def test_recognition_comes_first_and_is_that_of_the_table(visit, explanation):
    page = visit()
    table = pd.read_parquet(explanation / "recognition" / "summary.parquet").set_index("what")
    rows = page.locator(".recognition tr")
    kinds = ["network", "untrained", "hog", "shuffled", "largest", "neighbours"]
    assert [row.get_attribute("class") for row in rows.all()] == kinds
    for row in rows.all():
        kind = row.get_attribute("class")
        share, bar = table.loc[kind, "recognition"], row.locator("rect.share").get_attribute("width")
        assert row.locator(".value").inner_text().startswith(f"{100 * share:.0f} %")
        assert float(bar) == pytest.approx(100 * share, abs=0.1)
    assert "upper bound" not in rows.first.inner_text()
    first = page.locator("#overview h2").first.inner_text()
    assert first == "Are coins recognised that were held out?"


def test_clusters_without_evidence_are_marked_in_the_list(visit, explanation):
    page = visit()
    table = pd.read_parquet(explanation / "recognition" / "clusters.parquet").set_index("cluster")
    assert not table["evidence"].all(), "draw coins of which some cluster has no evidence"
    for cluster, row in table.iterrows():
        marks = page.locator(f"#cluster-{cluster} em")
        assert marks.count() == (not row["evidence"])


def test_every_picture_of_the_overview_is_there(visit):
    page = visit()
    # A picture that is folded away is not loaded before somebody opens it.
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    for image in page.locator("img").all():
        image.scroll_into_view_if_needed()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_pointing_at_the_map_shows_a_coin_and_a_click_opens_it(visit):
    page = visit()
    page.locator(".map").scroll_into_view_if_needed()
    page.locator(".map").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    name = page.locator(".tip b").inner_text()
    assert page.locator(".tip img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.keyboard.press("Enter")
    page.wait_for_selector("article")
    assert page.locator("h2").first.inner_text() == name


def test_the_map_can_be_coloured_by_any_column(visit):
    page = visit()
    for column in ("cluster", "type", "wear", "photo_sharpness", "margin"):
        page.locator("#map select").nth(1).select_option(column)
        painted = page.locator(".map").evaluate(
            """map => {
                const copy = new OffscreenCanvas(map.width, map.height).getContext("2d");
                copy.drawImage(map, 0, 0);
                return new Set(copy.getImageData(0, 0, map.width, map.height).data).size;
            }"""
        )
        assert painted > 10, column
        assert page.locator(".legend").inner_text().strip(), column


def test_what_coins_are_coloured_by_comes_in_groups(visit):
    groups = visit().locator("#map optgroup")
    named = {
        group.get_attribute("label"): [one.get_attribute("value") for one in group.locator("option").all()]
        for group in groups.all()
    }
    assert list(named) == ["What the network says", "In the table of coins", "The photograph"]
    judgement, table, quality = named.values()
    assert {"cluster", "margin", "stability", "recognised", "purity", "match_agreement"} <= {*judgement}
    assert {"type", "canton_1"} <= {*table}
    assert all(name.startswith("photo_") for name in quality)


def test_other_planes_and_pictures_change_the_map(visit):
    page = visit()
    drawn = [page.locator(".map").screenshot()]

    def another():
        shown = page.locator(".map").screenshot()
        return shown not in drawn and shown

    for change in (
        lambda: page.locator("#map select").first.select_option("pca"),
        page.locator("#map").get_by_role("button", name="Pictures").click,
        page.get_by_role("button", name="Zoom in").click,
    ):
        change()
        drawn.append(wait_until(another, "another map"))


def test_the_page_speaks_german_too(visit):
    page = visit()
    page.get_by_role("link", name="Deutsch").click()
    assert page.locator("html").get_attribute("lang") == "de"
    page.get_by_role("link", name="Überblick").wait_for()
    page.locator(".index a").first.click()
    page.get_by_text(re.compile("Der kleinste Vorsprung")).wait_for()
    page.get_by_role("link", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_text(re.compile("The smallest margins")).wait_for()  # the same cluster


def test_all_tables_can_be_taken_away(visit, explanation):
    page = visit()
    addresses = [link.get_attribute("href") for link in page.locator(".files a").all()]
    assert len(addresses) > 10
    assert all((explanation / address).is_file() for address in addresses)


def test_a_narrow_screen_needs_no_scrolling_sideways(visit):
    page = visit()
    page.set_viewport_size({"width": 360, "height": 740})
    for route in ("", "cluster/0", "coins", "notes"):
        go(page, route)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, route


def test_the_page_and_its_folder_are_all_that_must_be_mailed(page, explanation, tmp_path):
    shutil.copy(explanation / "report.html", tmp_path)
    shutil.copytree(explanation / "page", tmp_path / "page")
    page.goto((tmp_path / "report.html").as_uri())
    page.locator(".index a").first.click()
    page.locator(".coin figcaption a").first.click()
    page.wait_for_selector(".large")
    for image in page.locator(".large img").all():
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.goto((tmp_path / "report.html").as_uri())
    for link in page.locator(".files a").all():
        address = link.get_attribute("href")
        assert (tmp_path / address).is_file() or address == "manifest.json"


def test_going_back_to_the_overview_ends_where_one_was(visit):
    page = visit()
    page.locator(".index a").last.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 200
    page.locator(".index a").last.click()
    page.wait_for_selector("article")
    page.wait_for_function("scrollY === 0")
    page.go_back()
    page.wait_for_selector("article", state="detached")
    page.wait_for_function("before => Math.abs(scrollY - before) < 50", arg=before)
