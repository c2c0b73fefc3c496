"""What tells the coins of a band from the others of their cluster, on planted maps in a real browser."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from coin_xai.comparison.comparison import compare
from coin_xai.report.comparison.model import RunMaps
from coin_xai.report.comparison.page import parts, render
from tests.coin_xai.report.comparison.conftest import report  # noqa: F401
from tests.pages.conftest import open_at

pytestmark = pytest.mark.slow

GRID = (4, 4)
CORNER, FAR = 0, 15
BEFORE = np.repeat([0, 1, 2], [30, 30, 10])
AFTER = np.concatenate([np.repeat([0, 1], 15), np.repeat([2, 3], 15), np.repeat([4, 5], [7, 3])])
"""Clusters of the first run, and of one in which each of them has parted; of the last, 7 coins and 3."""


def drawn_maps(generator, *, alike=True):
    """Return maps of noise; one part of the first cluster has more in a corner, the other in that across."""
    steps = generator.integers(60, 140, (len(BEFORE), GRID[0] * GRID[1])).astype(np.uint8)
    steps[AFTER == 0, CORNER] += 80
    steps[AFTER == 1, FAR] += 80
    return RunMaps(
        method="HiResCAM",
        grid=GRID,
        alike=alike,
        maximum=np.ones(len(BEFORE)),
        steps=steps,
        squares=np.tile([10.0, 10, 80, 80, 0], (len(BEFORE), 1)),
        aspect=np.ones(len(BEFORE)),
    )


@pytest.fixture
def opened(report, page, tmp_path):  # noqa: F811
    """Open the page of both runs with some maps of the first."""

    def open_with(maps, language="en"):
        made = report()
        first, second, _ = made.shown
        names = [f"coin {number}" for number in range(len(BEFORE))]
        shown = [replace(one, typical={}, names={}, maps=own) for one, own in ((first, maps), (second, None))]
        comparison = compare((BEFORE, AFTER), np.random.default_rng(1))
        made = replace(
            made,
            comparison=comparison,
            coin_ids=names,
            stems=[f"coin-{number}" for number in range(len(BEFORE))],
            photographed=np.ones(len(BEFORE), dtype=bool),
            shown=shown,
            runs=made.runs[:2],
            cores=comparison.cores.table,
            label=None,
        )
        (tmp_path / "photographs").mkdir()
        for stem in made.stems:
            Image.new("L", (32, 32), 128).save(tmp_path / "photographs" / f"{stem}.jpg")
        (tmp_path / "app").mkdir()
        for name, part in parts(made):
            (tmp_path / "app" / name).write_bytes(part)
        for name, html in zip(("en", "de"), (render(made)["en"], render(made)["de"]), strict=True):
            (tmp_path / f"{name}.html").write_text(html)
        return open_at(page, (tmp_path / f"{language}.html").as_uri(), "")

    return open_with


def told(page, band):
    page.locator(f".band[data-band='{band}']").dispatch_event("click")
    place = page.locator(".apart")
    place.locator("p").first.wait_for()
    return place.inner_text()


def test_planted_differences_are_told_with_their_size_and_what_chance_makes(opened):
    maps = drawn_maps(np.random.default_rng(5))
    page = opened(maps)
    text = told(page, "0>0")
    means = [maps.steps[part == AFTER].mean(axis=0) / 255 for part in (0, 1)]
    assert f"The largest difference of a cell is {np.abs(means[0] - means[1]).max():.2f} of the" in text
    assert "What tells them apart" in text
    assert "reach at most 0." in text
    assert page.locator(".apart figcaption").all_inner_texts() == [
        "more here: these 15 coins",
        "more here: the 15 others of the cluster",
    ]
    hottest = """all => all.map((canvas) => {
        const { data, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let most = 0;
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] > data[most + 3]) most = at;
        return [Math.floor(most / 4 / width / (width / 4)), Math.floor(((most / 4) % width) / (width / 4))];
    })"""
    assert page.locator(".apart canvas").evaluate_all(hottest) == [[0, 0], [3, 3]]


def test_parts_that_nothing_tells_apart_are_said_to_be_so(opened):
    page = opened(drawn_maps(np.random.default_rng(5)))
    assert "The maps do not tell both parts of the cluster apart" in told(page, "1>2")
    assert "Fewer than 5 coins with a map on one side" in told(page, "2>4")


def test_the_sentences_are_there_in_german(opened):
    assert "Die Karten unterscheiden beide Teile des Clusters nicht" in told(
        opened(drawn_maps(np.random.default_rng(5)), language="de"), "1>2"
    )


def test_maps_of_coins_that_lie_differently_are_not_averaged(opened):
    page = opened(drawn_maps(np.random.default_rng(5), alike=False))
    assert "is shown whole photographs" in told(page, "0>0")


def test_of_parts_without_any_difference_one_in_a_hundred_seems_to_have_one(opened):
    page = opened(drawn_maps(np.random.default_rng(5)))
    noise = np.random.default_rng(6).integers(0, 256, (300, 12, 16))
    seem = """all => all.map((maps) => Apart.compare(maps, 5))
        .filter(({ largest, chance }) => largest > chance).length"""
    assert page.evaluate(seem, noise.tolist()) <= 9  # 3 are expected; more come once in 1,000 such trials
    noise[:, :5, 3] += 200
    assert page.evaluate(seem, noise.tolist()) > 150
