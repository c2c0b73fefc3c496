import shutil

import numpy as np
import pandas as pd
import pytest

from storage.layout import ExplanationLayout
from storage.maps import read_maps
from tasks.explaining.explained_coins import explained


@pytest.fixture
def explanation(explained_run, tmp_path):
    """A copy of the explanation, to be harmed."""
    shutil.copytree(explained_run.explanation.root, tmp_path / "copy")
    return ExplanationLayout(tmp_path / "copy")


def test_every_coin_has_its_own_maps(explanation, explained_run):
    found = explained(explanation, explained_run.epoch)
    assert found.coins["coin_id"].tolist() == sorted(pd.read_parquet(explanation.assignments)["coin_id"])
    row = {coin_id: position for position, coin_id in enumerate(found.coins["coin_id"])}
    for path in explanation.root.rglob("maps.parquet"):
        names, columns = read_maps(path)
        for name, cam in zip(names, columns["grad_cam"], strict=True):
            assert np.array_equal(found.heats["grad_cam"][row[name]], cam)
    maxima = np.maximum(found.heats["hires_cam"], 0).max(axis=(1, 2))
    assert found.coins["cam_maximum"].to_numpy() == pytest.approx(maxima)
    assert found.gradients == ("guided_backpropagation",)


def test_clusters_whose_pictures_or_maps_are_missing_are_left_out(explanation, explained_run):
    clusters = sorted(explained(explanation, explained_run.epoch).coins["cluster"].unique())
    shutil.rmtree(explanation.pictures(explained_run.epoch, clusters[0]))
    shutil.rmtree(explanation.maps(clusters[1], 0))
    left = explained(explanation, explained_run.epoch)
    assert set(left.coins["cluster"]) == set(clusters[2:])
    assert len(left.heats["grad_cam"]) == len(left.coins)


def test_where_every_cluster_failed_nothing_can_be_shown(explanation, explained_run):
    shutil.rmtree(explanation.root / "results")
    assert explained(explanation, explained_run.epoch) is None
