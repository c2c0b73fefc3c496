import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.attribution import Attributor
from coin_xai.networks import normalise
from storage.layout import ExplanationLayout
from tasks.checkpoint import Checkpoint
from tasks.explaining.attribute import network_of
from tasks.explaining.contrast import COINS, RIVALS, contrast, read_contrasts
from tasks.explaining.explained_coins import explained
from tasks.photographs.outlines import open_shown


@pytest.fixture
def checkpoint(explained_run):
    return Checkpoint.load(explained_run.layout, explained_run.epoch)


def test_each_cluster_is_shown_against_its_nearest_ones_and_they_against_it(explained_run):
    coins = explained(explained_run.explanation, explained_run.epoch).coins
    coins = coins.sort_values(["recognised", "score"], ascending=False)
    pairs = {(one.cluster, one.rival): one for one in read_contrasts(explained_run.explanation)}
    assert {(rival, cluster) for cluster, rival in pairs} == set(pairs)
    for cluster, members in coins.groupby("cluster"):
        own = [one for (of, _), one in pairs.items() if of == cluster]
        assert len(own) >= RIVALS
        for one in own:
            assert list(one.coins) == members["coin_id"].tolist()[:COINS]


def test_the_maps_are_those_of_the_logit_less_a_share_of_the_rivals(explained_run, checkpoint):
    """Grad-CAM is linear in the target, so Finer-CAM is a difference of two Grad-CAMs."""
    coins = pd.read_parquet(explained_run.explanation.assignments).set_index("coin_id", drop=False)
    unit = coins.groupby("cluster")["class_index"].first()
    network, options = network_of(checkpoint)
    attributor = Attributor(network, layer=network.attribution_layer)
    one = read_contrasts(explained_run.explanation)[0]
    rows = coins.loc[list(one.coins)]
    squares = open_shown(explained_run.layout, rows, options).centre_squares(
        np.arange(len(rows)), size_px=network.input_size_px, crop=options.centre_crop
    )
    batch = normalise(torch.from_numpy(squares))

    def cams(cluster):
        units = torch.full((len(rows),), int(unit[cluster]))
        return attributor.attribute(batch, units, methods=["hires_cam"]).maps["hires_cam"].numpy()

    expected = cams(one.cluster) - 0.6 * cams(one.rival)
    assert np.abs(one.maps - expected).max() < 1e-4 * np.abs(expected).max()


@pytest.fixture
def coins(explained_run):
    return explained(explained_run.explanation, explained_run.epoch).coins


def test_what_is_kept_is_not_computed_again(explained_run, coins, monkeypatch):
    monkeypatch.setattr("tasks.explaining.contrast.explainer_of", None)
    contrast(explained_run.layout, explained_run.explanation, coins, epoch=explained_run.epoch)


def test_the_same_run_gives_the_same_bytes(explained_run, coins, tmp_path):
    explanation = ExplanationLayout(tmp_path / explained_run.explanation.root.name)
    shutil.copytree(explained_run.explanation.page_tables, explanation.page_tables)
    folder = contrast(explained_run.layout, explanation, coins, epoch=explained_run.epoch)
    before = explained_run.explanation.page_contrasts
    assert [path.read_bytes() for path in sorted(folder.iterdir())] == [
        path.read_bytes() for path in sorted(before.iterdir())
    ]
