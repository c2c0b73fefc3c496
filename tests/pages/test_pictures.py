"""Pictures of the pages, kept in build/pages for people to look at, and what can be said of them at once."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.report.charts import training_curves
from coin_xai.report.words import LANGUAGES, words
from tests.pages.conftest import until_drawn

pytestmark = pytest.mark.slow

KEPT = Path(__file__).parents[2] / "build" / "pages"
LONGEST_PX = 5000
RUNS = (
    "explanation",
    pytest.param("real_explanation", marks=[pytest.mark.real, pytest.mark.timeout(func_only=True)]),
)


@pytest.fixture(params=RUNS)
def shown(request):
    """An explanation of drawn coins, and one of real ones where their photographs are."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("view", ["overview", "cluster", "coin", "coins", "notes"])
def test_nothing_is_cut_off_or_empty(shown, page, screen, view):
    page.goto((shown / "report.html").as_uri())
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_words_and_figures_around_the_training_curves_are_within_the_picture(page, language):
    epochs = {
        "epoch": [0, 500, 1000],
        "loss": [12500.0, 9000.0, None],
        "loss_of_chance": [9000.0, 9000.0, None],
    }
    names = ("ami_to_previous", "seed_stability_ami", "ami_to_label")
    learnt_nothing = ("baseline_ami_to_label", "untrained_ami_to_label")
    shares = {name: [0.1, 0.2, 0.3] for name in (*names, *learnt_nothing)}
    page.set_content(training_curves(pd.DataFrame({**epochs, **shares}), words(language)))
    drawn, whole = page.evaluate(
        """() => {
            const sides = ({ x, y, width, height }) => [x, y, x + width, y + height];
            const svg = document.querySelector("svg");
            return [sides(svg.getBBox()), sides(svg.viewBox.baseVal)];
        }"""
    )
    assert drawn == pytest.approx(whole, abs=1e-3)  # the white behind everything fills it
