"""Whether a page shows all that it should, with a picture of it in build/pages for people to look at."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from tests.pages.conftest import until_drawn

KEPT = Path(__file__).parents[2] / "build" / "pages"
LONGEST_PX = 5000
VIEWS = ("overview", "cluster", "coin", "coins", "notes")


def assert_whole(explanation, page, screen, view):
    """Look at one view of the page of an explanation: nothing is cut off, and it is not empty."""
    page.goto((explanation / "report.html").as_uri())
    cluster = page.evaluate("PAGE.clusters[0].cluster")
    coin = page.evaluate("cluster => coinAddress(Table.members.get(cluster)[0])", cluster)
    routes = {
        "overview": "#/",
        "cluster": f"#/cluster/{cluster}",
        "coin": coin,
        "coins": "#/coins",
        "notes": "#/notes",
    }
    page.evaluate("route => { location.hash = route; }", routes[view])
    page.wait_for_function(
        "hidden => document.getElementById('view').hidden === hidden", arg=view == "overview"
    )
    size = page.viewport_size
    height = min(LONGEST_PX, page.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": size["width"], "height": max(size["height"], height)})
    page.wait_for_function(
        """() => [...document.images].every((one) =>
            one.complete || !one.checkVisibility() || one.getBoundingClientRect().top > innerHeight)"""
    )
    until_drawn(page)  # canvases are, when they come into view
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    cut = page.evaluate(
        """() => [...document.querySelectorAll("h2, h3, button, dt, figcaption")]
            .filter((one) => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1 && one.clientWidth
                && getComputedStyle(one).display !== "inline" && getComputedStyle(one).overflow !== "hidden")
            .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert cut == []
    picture = page.screenshot()
    KEPT.mkdir(parents=True, exist_ok=True)
    run = page.evaluate("PAGE.run")
    (KEPT / f"{run}-{view}-{screen}.png").write_bytes(picture)
    with Image.open(io.BytesIO(picture)) as image:
        grey = np.asarray(image.convert("L"))
    assert len(np.unique(grey[::3, ::3])) > (20 if view == "notes" else 200)
