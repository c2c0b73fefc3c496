import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coin_xai.report.comparison import data
from coin_xai.report.words import LANGUAGES, comparison_words
from storage.layout import RunLayout
from tasks.comparing.compare import compare_runs
from tests.pages.conftest import HOSTILE, open_at, until_drawn
from tests.pages.test_accessibility import CHECKS
from tests.pages.test_german import COMMON

pytestmark = pytest.mark.slow

ROUTES = ("", "coin/MC_0018_R", "coins/MC_001", "coin/none")


@pytest.fixture(scope="module")
def compared(explanation, tmp_path_factory):
    """The comparison of a run with a page and two like it, in one of which coins moved, the other coarser."""
    folder = tmp_path_factory.mktemp("compared") / "runs"
    run = explanation.parents[1]
    shutil.copytree(run.parent, folder, symlinks=True)
    cluster = pd.read_parquet(RunLayout(run).final_assignments(2))["cluster"].to_numpy()
    moved = np.where(np.arange(len(cluster)) % 4 == 0, (cluster + 1) % 4, cluster)
    runs = [
        folder / run.name,
        like(folder / run.name, "seed", moved, seed=9),
        like(folder / run.name, "coarse", cluster // 2, k=2),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "BLOCK", 7)  # maps of these few coins lie in several files, too
        return compare_runs(runs, label="type").layout


def like(run, name, cluster, **options):
    """Return a copy of a run with other clusters and options, and without the maps of its own."""
    layout = RunLayout(shutil.copytree(run, run.with_name(name), symlinks=True))
    record = json.loads(layout.record.read_text())
    record["identity"]["training"].update(options)
    layout.record.write_text(json.dumps(record))
    file = layout.final_assignments(2)
    pd.read_parquet(file).assign(cluster=cluster).to_parquet(file)
    return layout.root


@pytest.fixture
def look(page, compared):
    """Open the page of the comparison, by the part of the address behind #."""

    def look(route="", language="en"):
        return open_at(page, compared.page(language).as_uri(), route)

    return look


@pytest.fixture(scope="module")
def tables(compared):
    return {file.stem: pd.read_parquet(file) for file in compared.tables.glob("*.parquet")}


def coins_in(place):
    return [one.get_attribute("data-coin") for one in place.locator("[data-coin]").all()]


def test_bands_are_the_flows_of_the_table(look, tables):
    bands = (
        look()
        .locator(".band")
        .evaluate_all(
            "all => all.map((one) => [one.dataset.run, one.dataset.band, Number(one.dataset.coins)])"
        )
    )
    expected = [
        [row["run"], f"{row['before']}>{row['after']}", row["coins"]]
        for row in tables["flows"].to_dict("records")
    ]
    assert sorted(bands) == sorted(expected)


def test_whoever_points_at_a_band_sees_its_coins_and_keeps_them_by_a_click(look, tables):
    page = look()
    row = tables["flows"].sort_values("coins").iloc[-1]
    band = page.locator(f".band[data-run='{row['run']}'][data-band='{row['before']}>{row['after']}']")
    band.dispatch_event("pointerenter")
    coins = tables["coins"]
    own = (coins[f"cluster_{row['run']}"] == row["before"]) & (
        coins[f"cluster_{row['other']}"] == row["after"]
    )
    board = page.locator(".board")
    assert coins_in(board) == coins.loc[own, "coin_id"].tolist()
    told = board.locator(".told").inner_text()
    assert told.startswith(f"From cluster {row['before']} of {row['run']} (")
    assert told.endswith(f": {row['coins']} of {len(coins)} coins")
    assert f"{100 * row['share_of_before']:.0f}\u00a0% of it) to cluster {row['after']}" in told
    band.dispatch_event("click")
    page.locator(".block").first.dispatch_event("pointerenter")
    assert coins_in(board) == coins.loc[own, "coin_id"].tolist()
    band.dispatch_event("click")
    page.locator(".block").first.dispatch_event("pointerenter")
    assert coins_in(board) != coins.loc[own, "coin_id"].tolist()


def test_arrow_keys_go_through_the_flows(look):
    page = look()
    page.locator(".block").first.focus()
    told = [page.locator(".told").inner_text()]
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
        told.append(page.locator(".told").inner_text())
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == told[-1]
    assert [sentence.split(" ")[0] == "Cluster" for sentence in told] == [
        True,
        True,
        False,
        True,
        False,
        False,
    ]
    assert told[2] == told[4]  # to the right and back again
    assert len(set(told)) == 5
    assert page.locator("#flows [tabindex='0']").count() == 1


def test_matched_clusters_have_one_colour(look, tables):
    page = look()
    matches = tables["matches"]
    for row in matches[(matches["run"] == "pages") & (matches["other"] == "seed")].to_dict("records"):
        colours = page.evaluate(
            """([before, after]) => [[0, before], [1, after]].map(([run, id]) =>
                Study.colour(run, STUDY.runs[run].clusters.findIndex((one) => one.id === id)))""",
            [row["before"], row["after"]],
        )
        assert len(set(colours)) == 1
        bands = page.locator(f".band[data-run=pages][data-band^='{row['before']}>']")
        assert set(bands.evaluate_all("all => all.map((one) => one.getAttribute('fill'))")) == set(colours)


def test_other_orders_of_the_runs_can_be_drawn(look, tables):
    page = look()
    names = "all => all.map((one) => one.textContent)"
    assert page.locator(".runname").evaluate_all(names) == ["pages", "seed", "coarse"]
    page.locator("[data-order=tree]").click()
    shown = page.locator(".runname").evaluate_all(names)
    assert shown == [tables["parents"]["parent_run"].iloc[0], tables["parents"]["run"].iloc[0]]
    bands = page.locator(".band").evaluate_all("all => all.map((one) => Number(one.dataset.coins))")
    assert sorted(bands) == sorted(tables["parents"]["coins"])
    page.locator("[data-order=alike]").click()
    assert page.locator("#agreement thead th").all_inner_texts() == page.locator(".runname").evaluate_all(
        names
    )


def test_cores_show_their_coins_and_wanderers_come_with_the_least_company_first(look, tables):
    page = look()
    coins = tables["coins"].set_index("coin_id")
    for row in tables["cores"].to_dict("records"):
        core = page.locator(f"[data-core='{row['core']}']")
        assert set(coins_in(core)) == set(coins.index[coins["core"] == row["core"]])
        assert f"{row['coins']} coins, " in core.text_content()
        assert (core.get_by_text("may be chance").count() == 0) == row["beyond_chance"]
    shown = coins_in(page.locator("#wanderers"))
    assert coins.loc[shown, "company"].is_monotonic_increasing
    images = page.locator("#cores img")
    images.first.scroll_into_view_if_needed()  # no earlier is it loaded
    assert images.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_a_coin_is_shown_in_all_runs_with_the_maps_that_there_are(look, tables):
    page = look("coin/MC_0018_R")
    page.wait_for_selector(".inrun[data-run=pages] canvas")
    row = tables["coins"].set_index("coin_id").loc["MC_0018_R"]
    for run in ("pages", "seed", "coarse"):
        told = page.locator(f".inrun[data-run={run}]").inner_text()
        assert f"Cluster {row[f'cluster_{run}']} · " in told
        assert ("no map of this run" in told) == (run != "pages")
    drawn = page.locator(".inrun[data-run=pages] canvas").evaluate(
        """one => one.classList.contains("nothing")
            || one.getContext("2d").getImageData(0, 0, one.width, one.height).data.some(Boolean)"""
    )
    assert drawn
    assert "MC_0018_R" not in coins_in(page.locator(".inrun[data-run=coarse]"))


def test_coins_are_found_by_name_whatever_they_are_called(look):
    page = look()
    page.keyboard.press("/")
    page.keyboard.type("<IMG")
    page.wait_for_selector("#view [data-coin]")
    assert coins_in(page.locator("#view")) == [HOSTILE]
    page.locator("#view [data-coin]").click()
    page.wait_for_selector(".coinsheet")
    assert page.locator("h2").first.inner_text() == HOSTILE
    assert look("coin/__proto__").locator("h2").first.inner_text() == "__proto__"
    assert "There is no coin none here." in look("coin/none").locator("#view").inner_text()


def test_a_click_on_a_heading_sorts_the_runs(look):
    page = look()
    names = page.locator("#runs tbody td:first-child")
    assert names.all_inner_texts() == ["pages", "seed", "coarse"]
    button = page.locator("#runs th button", has_text="k").first
    button.click()
    assert names.all_inner_texts() == ["coarse", "pages", "seed"]
    button.click()
    assert names.all_inner_texts() == ["pages", "seed", "coarse"]
    assert page.locator("#runs th[aria-sort=descending]").count() == 1


def test_figures_are_sorted_by_size_texts_by_the_alphabet_and_the_unknown_comes_last(look):
    page = look()
    page.evaluate(
        """values => {
            const body = document.getElementById("runs").tBodies[0];
            body.replaceChildren(...values.map((value) => {
                const row = body.rows[0].cloneNode(true);
                row.cells[1].dataset.value = value;
                return row;
            }));
        }""",
        ["0.9", "", "-0.3", "b10", "0.05", "-1", "b9", "1e-05", "0.71"],
    )
    values = page.locator("#runs tbody td:nth-child(2)")
    button = page.locator("#runs th:nth-child(2) button")
    rising = ["-1", "-0.3", "1e-05", "0.05", "0.71", "0.9", "b9", "b10"]
    for expected in ([*rising, ""], [*rising[::-1], ""]):
        button.click()
        assert values.evaluate_all("all => all.map((one) => one.dataset.value)") == expected


def test_tables_can_be_taken_away(look, compared):
    addresses = [link.get_attribute("href") for link in look().locator(".files a").all()]
    assert len(addresses) == 18
    assert all((compared.root / address).is_file() for address in addresses)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_without_name_or_contrast(look, language):
    for route in ROUTES:
        assert look(route, language).evaluate(CHECKS) == [], route


def test_everything_can_be_reached_by_keyboard_and_is_seen_there(look):
    page = look()
    stops = "a[href], button, input, [tabindex='0']"
    wanted = page.evaluate(
        """stops => [...document.querySelectorAll(stops)]
            .filter((one) => one.checkVisibility() && one.tabIndex >= 0).length""",
        stops,
    )
    page.locator("body").press("Tab")
    unseen, reached = [], 0
    for _ in range(wanted):
        name, style, width = page.evaluate(
            """() => {
                const one = document.activeElement;
                const { outlineStyle, outlineWidth, stroke } = getComputedStyle(one);
                const around = one.matches(".block, .band") && stroke !== "none";
                return [one.tagName, around ? "stroke" : outlineStyle, parseFloat(outlineWidth)];
            }"""
        )
        reached += name != "BODY"
        unseen += [name] if style == "none" or (style != "stroke" and width < 1) else []
        page.keyboard.press("Tab")
    assert reached == wanted
    assert unseen == []


def test_no_english_is_left_on_the_german_page(look):
    english = {text for text in comparison_words("en").values() if len(text) > 4}
    for route in ROUTES:
        texts = look(route, "de").evaluate(
            """() => [...document.querySelectorAll("body *")]
                .filter((one) => !one.closest("script, noscript, body [lang=en]"))
                .flatMap((one) => [
                    ...["aria-label", "placeholder", "title", "alt"].map((name) => one.getAttribute(name)),
                    ...[...one.childNodes].filter((node) => node.nodeType === 3)
                        .map((node) => node.textContent.trim()),
                ]).filter(Boolean)"""
        )
        assert [text for text in texts if COMMON.search(text)] == [], route
        assert not set(texts) & (english - set(comparison_words("de").values())), route


@pytest.mark.parametrize("route", ["", "coin/MC_0018_R"])
def test_nothing_is_cut_off(look, screen, route):
    page = look(route)
    size = page.viewport_size
    page.set_viewport_size({"width": size["width"], "height": 4000})
    until_drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    kept = Path(__file__).parents[2] / "build" / "pages"
    kept.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W", "-", route) or "overview"
    (kept / f"comparison-{name}-{screen}.png").write_bytes(page.screenshot())
