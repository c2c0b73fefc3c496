from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from coin_xai.clustering.falls import LIMIT, Falls
from coin_xai.report.comparison.k_chart import k_chart
from coin_xai.report.words import comparison_words

WORDS = comparison_words("en")
RUNS = pd.DataFrame(
    {
        "clusters": [4, 4, 8],
        "recognition": [0.8, 0.9, 0.7],
        "recognition_hog": [0.5, np.nan, 0.4],
        "recognition_shuffled": [0.3, 0.2, 0.1],
        "stability": [np.nan, np.nan, np.nan],
    }
)
FALLS = pd.DataFrame({"k": [2, 3, 4], "eigenvalue": [0.9, 0.8, 0.1], "fall": [0.1, 0.7, 0.1]})


def said(svg):
    return {
        (one.text or "").strip() for one in ElementTree.fromstring(svg).iter() if one.tag.endswith("text")
    }


@pytest.fixture(autouse=True)
def words_are_text(monkeypatch):
    """Letters would be drawn as outlines."""
    monkeypatch.setitem(k_chart.__globals__["STYLE"], "svg.fonttype", "none")


def test_what_is_known_is_drawn_beside_what_learnt_nothing():
    names = said(k_chart(RUNS, None, WORDS))
    assert {WORDS[key] for key in ("k_recognised", "k_hog", "k_shuffled", "k_axis", "k_share")} <= names
    assert WORDS["mean_stability"] not in names  # no run knows it
    assert WORDS["k_times"] not in names
    assert WORDS["k_hog"] not in said(k_chart(RUNS.drop(columns="recognition_hog"), None, WORDS))


def test_the_k_that_stands_out_is_named_and_no_other():
    table = FALLS.assign(times=[1.0, LIMIT + 1, 0.5])
    assert "k = 3" in said(k_chart(RUNS, Falls(table, 3, 0), WORDS))
    names = said(k_chart(RUNS, Falls(FALLS.assign(times=1.0), None, 0), WORDS))
    assert WORDS["k_times"] in names
    assert not {one for one in names if one.startswith("k = ")}


def test_runs_of_which_nothing_is_known_are_no_obstacle():
    assert WORDS["k_axis"] in said(k_chart(RUNS[["clusters"]], None, WORDS))


def test_the_same_figures_give_the_same_bytes():
    falls = Falls(FALLS.assign(times=1.0), None, 0)
    assert k_chart(RUNS, falls, WORDS) == k_chart(RUNS, falls, WORDS)
