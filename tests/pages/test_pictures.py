"""What can be said of the pages at one look."""

import pandas as pd
import pytest

from coin_xai.report.charts import cluster_sizes, training_curves
from coin_xai.report.words import LANGUAGES, words
from tests.pages.looking import VIEWS, assert_whole

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_off_or_empty(explanation, page, screen, view):
    assert_whole(explanation, page, screen, view)


def curves(language):
    epochs = {
        "epoch": [0, 500, 1000],
        "loss": [12500.0, 9000.0, None],
        "loss_of_chance": [9000.0, 9000.0, None],
    }
    names = ("ami_to_previous", "seed_stability_ami", "ami_to_label")
    learnt_nothing = ("baseline_ami_to_label", "untrained_ami_to_label")
    shares = {name: [0.1, 0.2, 0.3] for name in (*names, *learnt_nothing)}
    return training_curves(pd.DataFrame({**epochs, **shares}), words(language))


def sizes(language):
    clusters = range(64)
    return cluster_sizes(
        pd.DataFrame({"cluster": clusters, "size": [12345 - 190 * one for one in clusters]}), words(language)
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("draw", [curves, sizes])
def test_all_words_and_figures_around_a_chart_are_within_the_picture(page, draw, language):
    page.set_content(draw(language))
    drawn, whole = page.evaluate(
        """() => {
            const sides = ({ x, y, width, height }) => [x, y, x + width, y + height];
            const svg = document.querySelector("svg");
            return [sides(svg.getBBox()), sides(svg.viewBox.baseVal)];
        }"""
    )
    assert drawn == pytest.approx(whole, abs=1e-3)  # the white behind everything fills it
