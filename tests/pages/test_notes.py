import csv
import json
import shutil
from pathlib import Path
from urllib.parse import unquote, urlparse

import pandas as pd
import pytest

from storage.layout import RunLayout
from tasks.page.annotate import annotate
from tests.pages.conftest import go

pytestmark = pytest.mark.slow


@pytest.fixture
def exported(page):
    """Press export and return the file that the browser saved."""

    def export(path):
        go(page, "notes")
        with page.expect_download() as download:
            page.locator("#export").click()
        download.value.save_as(path)
        return path

    return export


def test_what_is_noted_can_be_exported_and_read_back_into_the_run(visit, exported, explanation, tmp_path):
    coins = pd.read_parquet(explanation / "assignments.parquet")
    coin = coins.iloc[4]
    page = visit(f"cluster/{coin['cluster']}")
    page.get_by_placeholder("Name of this cluster").fill("=boars; facing left")
    page.get_by_placeholder("Observation").fill('\'+"die 7"')
    go(page, f"coin/{coin['coin_id']}")
    page.get_by_role("button", name="poor photograph").first.click()
    page.get_by_placeholder("Observation").fill("two\nlines, größer")
    go(page, "coin/__proto__")
    page.get_by_role("button", name="wrong cluster").first.click()
    path = exported(tmp_path / "notes.csv")

    shutil.copytree(explanation.parent.parent, tmp_path / "pages", symlinks=True)
    table = annotate(tmp_path / "pages", path)
    assert RunLayout(tmp_path / "pages").annotations.exists()
    cluster, *others = table.to_dict("records")
    assert (cluster["cluster"], cluster["name"]) == (coin["cluster"], "=boars; facing left")
    assert cluster["note"] == '\'+"die 7"'
    row = next(csv.DictReader(path.read_text("utf-8-sig").splitlines()))
    assert (row["name"], row["note"]) == ("'=boars; facing left", "''+\"die 7\"")
    noted = {one["coin_id"]: one for one in others}
    assert set(noted) == {coin["coin_id"], "__proto__"}
    assert noted[coin["coin_id"]]["poor_photograph"]
    assert noted[coin["coin_id"]]["note"].replace("\r", "") == "two\nlines, größer"
    assert noted["__proto__"]["wrong_cluster"]


def test_notes_survive_the_browser_and_can_be_deleted(visit, page):
    visit("cluster/0").get_by_placeholder("Name of this cluster").fill("axes")
    page.reload()
    assert page.locator("h2").first.inner_text() == "Cluster 0 · axes"
    visit()
    assert page.locator('[data-cluster-name="0"]').inner_text() == "Cluster 0 · axes"
    assert "Notes (1)" in page.locator("nav.views").inner_text()
    page.evaluate("confirm = () => true")
    go(page, "notes")
    page.get_by_role("button", name="Delete my notes").click()
    page.get_by_text("No notes yet.").wait_for()
    assert "(1)" not in page.locator("nav.views").inner_text()


def test_selected_coins_can_be_looked_at_together(visit, page):
    visit("coins")
    names = [card.get_attribute("data-coin") for card in page.locator(".coin").all()]
    chosen = [names[2], names[5]]
    for name in chosen:
        page.locator(f'[data-coin="{name}"]').get_by_role("button", name="select").click()
    page.get_by_label("Marked").select_option("selected")
    shown = [card.get_attribute("data-coin") for card in page.locator(".coin").all()]
    assert shown == chosen


def test_a_browser_that_keeps_nothing_says_so(visit, page):
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); };")
    visit("cluster/0").get_by_placeholder("Name of this cluster").fill("axes")
    go(page, "notes")
    page.get_by_text("This browser stores nothing").wait_for()
    page.get_by_role("cell", name="axes").wait_for()


def test_notes_read_into_the_run_are_shown_until_the_reader_writes_own_ones(visit, page):
    # As if the page had been published after `coin-xai annotate`.
    earlier = [["__proto__", {"note": "a pegasus", "wrong_cluster": True}]]
    page.add_init_script(f"window.earlier = {json.dumps(earlier)};")
    page.route(
        "**/page.data.js",
        lambda route: route.fulfill(
            body=Path(unquote(urlparse(route.request.url).path)).read_text() + "PAGE.notes.coin = earlier;",
            content_type="text/javascript",
        ),
    )
    visit("notes")
    page.get_by_role("cell", name="a pegasus").wait_for()
    visit("coin/__proto__").get_by_placeholder("Observation").fill("a horse")
    visit("notes")
    page.reload()
    page.get_by_role("cell", name="a horse").wait_for()
    assert page.get_by_role("cell", name="a pegasus").count() == 0
