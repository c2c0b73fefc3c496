"""The page of every eighth Roman coin of the Münzkabinett in Berlin."""

import re

import pandas as pd
import pytest

from tests.pages.looking import VIEWS, assert_whole

# The first test waits for their run.
pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(func_only=True)]

COINS = 153


@pytest.fixture
def opened(page, real_explanation):
    page.goto((real_explanation / "report.html").as_uri())
    page.wait_for_load_state("load")
    return page


def test_it_opens_and_says_what_it_shows(opened):
    opened.get_by_text(f"{COINS} coins in 3 clusters").wait_for()


def test_searching_filtering_sorting_and_selecting(opened, real_explanation):
    coins = pd.read_parquet(real_explanation / "assignments.parquet")
    opened.locator("#search").fill("ruler:vespasian metal:gold")
    golden = (coins["ruler"] == "Vespasian") & (coins["metal"] == "gold")
    expected = int(golden.sum())
    assert expected > 3
    opened.get_by_text(f"{expected} of {COINS}").wait_for()
    opened.get_by_role("button", name="Select all found").click()
    opened.get_by_role("link", name=re.compile(f"Notes .{expected}.")).wait_for()
    opened.locator("#search").fill("")
    opened.get_by_label("Filter by").select_option("motif")
    opened.get_by_label("Value", exact=True).select_option("rider")
    opened.get_by_text(f"{int((coins['motif'] == 'rider').sum())} of {COINS}").wait_for()


def test_members_come_in_pages(opened):
    cluster = opened.evaluate("PAGE.clusters[0].cluster")
    size = opened.evaluate("PAGE.clusters[0].size")
    assert size > 48
    opened.evaluate("cluster => { location.hash = clusterAddress(cluster); }", cluster)
    members = opened.locator("section", has=opened.locator(".sorter"))
    members.wait_for()
    assert members.locator(".coin").count() == 48
    while members.locator(".more").is_visible():
        members.locator(".more").click()
    assert members.locator(".coin").count() == size


def test_all_photographs_of_a_cluster_are_there(opened):
    opened.locator(".index a").first.click()
    opened.wait_for_selector("article")
    for image in opened.locator("article img").all()[:30]:
        image.scroll_into_view_if_needed()
        assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_a_coin_shows_its_row_and_its_record(opened):
    opened.evaluate("location.hash = '#/coin/smb_00904_rev'")
    opened.get_by_role("heading", name="smb_00904_rev").wait_for()
    opened.get_by_text("DECVRSIO S C").first.wait_for()
    assert opened.locator(".large figure").count() == 6


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_or_empty(real_explanation, page, screen, view):
    assert_whole(real_explanation, page, screen, view)
