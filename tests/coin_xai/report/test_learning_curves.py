import io

import numpy as np
import pandas as pd
from PIL import Image

from coin_xai.report.learning_curves import learning_curves


def metrics(**changed):
    rows = {
        "epoch": [0, 1, 2],
        "ami_to_previous": [None, 0.2, 0.4],
        "seed_stability_ami": [0.3, 0.4, 0.5],
        "loss": [2.4, 2.2, None],
        "loss_of_chance": [2.3, 2.3, None],
        "moved_share": [None, 0.8, 0.5],
        "largest_cluster_share": [0.2, 0.2, 0.3],
        "empty_clusters": [0, 0, 1],
        "clusters": [10, 10, 9],
    }
    return pd.DataFrame({**rows, **changed})


def pixels(png):
    with Image.open(io.BytesIO(png)) as picture:
        return np.asarray(picture.convert("RGB"))


def test_every_figure_that_the_curves_promise_changes_the_picture():
    plain = pixels(learning_curves(metrics()))
    for change in (
        {"ami_to_previous": [None, 0.2, 0.9]},
        {"seed_stability_ami": [0.3, 0.4, 0.9]},
        {"loss": [2.4, 1.2, None]},
        {"moved_share": [None, 0.8, 0.1]},
        {"largest_cluster_share": [0.2, 0.2, 0.9]},
        {"empty_clusters": [0, 0, 5]},
        {"ami_to_label": [0.1, 0.2, 0.3]},
        {"baseline_ami_to_label": [0.1, 0.1, 0.1]},
        {"untrained_ami_to_label": [0.1, 0.1, 0.1]},
    ):
        assert not np.array_equal(pixels(learning_curves(metrics(**change))), plain), change


def test_the_same_figures_give_the_same_bytes():
    assert learning_curves(metrics()) == learning_curves(metrics())


def test_one_epoch_without_anything_to_compare_with_can_be_drawn():
    alone = metrics().iloc[:1].drop(columns=["loss", "loss_of_chance"])
    assert pixels(learning_curves(alone)).shape[2] == 3


def test_nothing_touches_the_edge():
    labelled = {
        name: [0.1, 0.2, 0.3] for name in ("ami_to_label", "baseline_ami_to_label", "untrained_ami_to_label")
    }
    for changed in (labelled, {"epoch": [0, 500, 1000]}, {"loss": [12500.0, 9000.0, None]}):
        drawn = pixels(learning_curves(metrics(**changed)))
        for edge in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1]):
            assert (edge == 255).all(), changed
