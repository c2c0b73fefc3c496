import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.clustering.choose_k import Evidence
from coin_xai.report.k_curves import k_curves


def evidence(*, elbow=4, **changed):
    columns = {
        "k": [2, 4, 8],
        "inertia": [0.9, 0.5, 0.45],
        "inertia_shuffled": [0.95, 0.9, 0.85],
        "silhouette": [0.2, 0.4, 0.3],
        "silhouette_shuffled": [0.1, 0.1, 0.1],
        "stability": [0.9, 0.8, 0.3],
        "stability_shuffled": [0.2, 0.1, 0.1],
    }
    table = pd.DataFrame({**columns, **changed})
    return Evidence(table=table, elbow=elbow, best_silhouette=4, most_stable=2)


def pixels(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


@pytest.fixture(scope="module")
def usual():
    """The picture of the usual evidence."""
    return pixels(k_curves(evidence()))


def changed_panels(usual, other):
    """Return which of the three panels, from the left, differ between two pictures."""
    differs = (usual != pixels(k_curves(other))).any(axis=(0, 2))
    return [panel for panel, part in enumerate(np.array_split(differs, 3)) if part.any()]


def test_the_same_evidence_gives_the_same_bytes():
    assert k_curves(evidence()) == k_curves(evidence())


@pytest.mark.parametrize(
    ("panel", "change"),
    [
        # Each within the range of its panel, so that no scale changes and no panel moves.
        (0, {"inertia": [0.9, 0.6, 0.45]}),
        (0, {"inertia_shuffled": [0.95, 0.88, 0.85]}),
        (1, {"silhouette": [0.25, 0.4, 0.3]}),
        (1, {"silhouette_shuffled": [0.1, 0.1, 0.15]}),
        (2, {"stability": [0.9, 0.7, 0.3]}),
        (2, {"stability_shuffled": [0.15, 0.1, 0.1]}),
    ],
)
def test_each_figure_and_its_shuffled_twin_stand_in_a_panel_of_their_own(usual, panel, change):
    assert changed_panels(usual, evidence(**change)) == [panel]


def test_the_chosen_k_is_marked(usual):
    assert changed_panels(usual, evidence(elbow=8)) == [0]
