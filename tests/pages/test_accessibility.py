import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.slow

CHECKS = Path(__file__).with_name("accessibility.js").read_text()
ROUTES = ("", "cluster/0", "coin/MC_0018_R", "coins", "notes")


@pytest.mark.parametrize("file", ["report.html", "page/app/report.de.html"])
def test_nothing_on_a_page_is_without_name_or_contrast(visit, file):
    for route in ROUTES:
        page = visit(route, file)
        if route.startswith("cluster"):
            page.locator(".flag.poor_photograph").first.click()  # a button that is pressed has other colours
        assert page.evaluate(CHECKS) == [], route


def test_the_checks_find_what_they_look_for(visit):
    page = visit("notes")
    page.evaluate(
        """() => {
            const pale = document.querySelector("h2");
            pale.style.color = "#ccc";
            document.querySelector("#export").textContent = "";
            document.querySelector("article").append(document.createElement("img"));
        }"""
    )
    faults = " ".join(page.evaluate(CHECKS))
    for fault in ("contrast 1.5", "no name", "no alternative text"):
        assert fault in faults


@pytest.mark.parametrize("route", ROUTES)
def test_everything_can_be_reached_by_keyboard_and_is_seen_there(visit, route):
    page = visit(route)
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, input, select, textarea, [tabindex='0']")]
            .filter((one) => one.checkVisibility() && one.tabIndex >= 0).length"""
    )
    reached, unseen = 0, []
    page.locator("body").press("Tab")
    for _ in range(wanted):
        style = page.evaluate(
            """() => {
                const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
                return [document.activeElement.tagName, outlineStyle, parseFloat(outlineWidth)];
            }"""
        )
        reached += style[0] != "BODY"
        unseen += [style] if style[1] == "none" or style[2] < 1 else []
        page.keyboard.press("Tab")
    assert reached == wanted
    assert unseen == []


def test_the_first_link_leads_past_the_head_of_the_page_and_not_away_from_it(visit):
    page = visit("cluster/0")
    heading = page.locator("h2").first.inner_text()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.locator("h2").first.inner_text() == heading
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('article').contains(document.activeElement)")


def test_the_keyboard_goes_on_in_a_page_that_was_opened(visit):
    page = visit()
    page.locator(".index a").first.press("Enter")
    page.wait_for_selector("article")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('article').contains(document.activeElement)")


def test_nothing_moves_by_itself_for_those_who_want_no_motion(visit):
    page = visit("cluster/0")
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate("document.getAnimations().length")
    assert moving == 0
    page.keyboard.press("b")
    assert page.evaluate("document.getAnimations()[0].effect.getTiming().duration") == 4000


def test_the_table_for_the_colour_blind_keeps_the_order_of_heat(visit):
    """Chromium itself shows the page as they see it; the table must grow lighter from cold to hot."""
    page = visit("cluster/0")
    page.evaluate(
        """() => {
            const table = Heat.bytes(PAGE.colours.blind);
            const corner = { position: "fixed", left: "0", top: "0", display: "flex", zIndex: "99" };
            document.body.append(make("div", { style: corner }, Array.from({ length: 16 }, (_, at) => {
                const background = `rgb(${table.subarray(51 * at, 51 * at + 3).join(",")})`;
                return make("i", { style: { width: "8px", height: "8px", background } });
            })));
        }"""
    )
    session = page.context.new_cdp_session(page)
    seen = set()
    for kind in ("deuteranopia", "protanopia", "tritanopia", "achromatopsia"):
        session.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
        picture = page.screenshot(clip={"x": 0, "y": 0, "width": 128, "height": 8})
        with Image.open(io.BytesIO(picture)) as shown:
            row = np.asarray(shown.convert("L"), dtype=int)[4, 4::8]
        assert (np.diff(row) > 0).all(), kind
        seen.add(tuple(row))
    assert len(seen) == 4, "the emulation did not change"
