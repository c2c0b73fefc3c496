import pandas as pd
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def coins(explanation):
    return pd.read_parquet(explanation / "assignments.parquet")


def shown(page):
    return [card.get_attribute("data-coin") for card in page.locator(".coin").all()]


def test_typing_finds_coins_by_any_column(visit, coins):
    page = visit()
    page.keyboard.press("/")
    page.keyboard.type("mc_0009")
    page.wait_for_selector("article")
    assert shown(page) == ["MC_0009_R"]
    kind = coins["type"].iloc[-1]
    page.locator("#search").fill(f"type:{kind.split()[0]}")
    expected = coins.loc[
        coins["type"].str.lower().str.contains(kind.split()[0].lower(), regex=False), "coin_id"
    ]
    assert set(shown(page)) == set(expected)
    page.locator("#search").fill("nothing has this")
    assert shown(page) == []
    page.get_by_text("0 of 18").wait_for()


def test_a_column_filters_and_sorts(visit, coins):
    page = visit("coins")
    kind = coins["type"].value_counts().index[0]
    page.get_by_label("Filter by").select_option("type")
    page.get_by_label("Value", exact=True).select_option(kind)
    assert set(shown(page)) == set(coins.loc[coins["type"] == kind, "coin_id"])
    page.get_by_label("Sort by").select_option("margin")
    expected = coins[coins["type"] == kind].sort_values("margin")["coin_id"].tolist()
    assert shown(page) == expected


def test_names_and_values_that_mean_harm_stay_text(visit, page):
    visit("coins")
    assert "<img src=x onerror=alert(1)>" in shown(page)
    page.get_by_text("<img src=x onerror=alert(1)>").first.wait_for()
    page.locator("#search").fill("document.title")
    page.locator(".coin figcaption a").first.click()
    page.wait_for_selector(".large")
    page.get_by_text("</script><script>document.title='owned'</script>").wait_for()
    page.locator("dt", has_text="<b>remark</b>").wait_for()
    assert "owned" not in page.title()


def test_coins_with_odd_names_have_pages_and_pictures(visit, page):
    for name in ("__proto__", "a#b c%41", "<img src=x onerror=alert(1)>"):
        visit("coins")
        page.locator(f"[data-coin='{name}'] figcaption a").click()
        page.wait_for_selector(".large")
        assert page.locator("h2").first.inner_text() == name
        for image in page.locator(".large img").all():
            assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
