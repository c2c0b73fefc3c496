import shutil

import numpy as np
import pandas as pd
import pytest

from storage.layout import ExplanationLayout
from storage.maps import read_maps
from tasks.explaining.explained_coins import explained


@pytest.fixture
def files(explained_run, tmp_path):
    """A copy of the explanation, to be harmed."""
    shutil.copytree(explained_run.files.root, tmp_path / "copy")
    return ExplanationLayout(tmp_path / "copy")


def test_every_coin_has_its_own_maps(files, explained_run):
    found = explained(files, explained_run.epoch)
    assert found.coins["coin_id"].tolist() == sorted(pd.read_parquet(files.assignments)["coin_id"])
    row = {coin_id: position for position, coin_id in enumerate(found.coins["coin_id"])}
    for path in files.root.rglob("maps.parquet"):
        names, columns = read_maps(path)
        for name, cam in zip(names, columns["grad_cam"], strict=True):
            assert np.array_equal(found.heats["grad_cam"][row[name]], cam)
    maxima = np.maximum(found.heats["hires_cam"], 0).max(axis=(1, 2))
    assert found.coins["cam_maximum"].to_numpy() == pytest.approx(maxima)
    assert found.gradients == ("guided_backpropagation",)


def test_clusters_whose_pictures_or_maps_are_missing_are_left_out(files, explained_run):
    clusters = sorted(explained(files, explained_run.epoch).coins["cluster"].unique())
    shutil.rmtree(files.pictures(explained_run.epoch, clusters[0]))
    shutil.rmtree(files.maps(clusters[1], 0))
    left = explained(files, explained_run.epoch)
    assert set(left.coins["cluster"]) == set(clusters[2:])
    assert len(left.heats["grad_cam"]) == len(left.coins)


def test_where_every_cluster_failed_nothing_can_be_shown(files, explained_run):
    shutil.rmtree(files.root / "results")
    assert explained(files, explained_run.epoch) is None
