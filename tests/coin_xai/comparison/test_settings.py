import numpy as np
import pandas as pd
import pytest

from coin_xai.comparison.settings import differing, groups_of_seeds, mean_and_spread

RUNS = [
    {"k": 6, "seed": 1, "network": "gridnet"},
    {"k": 6, "seed": 2, "network": "gridnet"},
    {"k": 8, "seed": 1, "network": "gridnet"},
    {"k": 6, "seed": 2, "network": "gridnet", "features": "abc"},
]


def test_only_settings_that_differ_are_named_and_those_that_some_runs_lack():
    assert differing(RUNS) == ["k", "seed", "features"]
    assert differing(RUNS[:1] * 2) == []


def test_runs_that_differ_in_their_seed_alone_are_one_setting():
    assert groups_of_seeds(RUNS) == [0, 0, 1, 2]


def test_values_of_any_kind_are_compared():
    assert groups_of_seeds([{"crop": [0.4, 1]}, {"crop": [0.4, 1]}, {"crop": [0.5, 1]}]) == [0, 0, 1]


def test_mean_and_spread_are_those_of_numpy():
    figures = pd.DataFrame({"recognition": [0.5, 0.75, 0.25], "stability": [0.5, np.nan, 1.0]})
    found = mean_and_spread(figures, [0, 0, 1], [1, 2, 1])
    assert found["seeds"].tolist() == [2, 1]
    assert found.loc[0, "recognition_mean"] == 0.625
    assert found.loc[0, "recognition_spread"] == pytest.approx(np.std([0.5, 0.75], ddof=1))
    assert found.loc[0, "stability_mean"] == 0.5
    assert np.isnan(found.loc[1, "recognition_spread"])
    assert found.loc[1, "stability_mean"] == 1


def test_a_seed_counts_once_and_each_figure_says_how_many_know_it():
    figures = pd.DataFrame({"a": [0.5, 0.6, 0.7, np.nan], "b": [np.nan, 0.2, np.nan, np.nan]})
    found = mean_and_spread(figures, [0, 0, 0, 0], [1, 1, 2, 3]).iloc[0]
    assert found["seeds"] == 3
    assert found[["a_seeds", "b_seeds"]].tolist() == [2, 1]
    assert found["a_mean"] == pytest.approx(0.6)
    assert found["a_spread"] == pytest.approx(np.std([0.5, 0.7], ddof=1))
    assert found["b_mean"] == 0.2
    assert np.isnan(found["b_spread"])
