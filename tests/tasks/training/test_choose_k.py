import io

import pandas as pd
import pytest
from PIL import Image

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.mint import Issue
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.train import train
from tasks.training import choose_k as module
from tasks.training.choose_k import choose_k
from tasks.training.create_run import create_run, keep_photographs
from tests.stages import Listener

OPTIONS = TrainingOptions(clustering="kmeans", k=3, width=1 / 16, batch_size=8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("choose")
    write_drawn_coins(folder / "coins", Issue(coins=24, types=3, seed=7))
    return folder


@pytest.fixture(scope="module")
def ingested(folder):
    return ingest.fn(folder / "coins", folder / "runs")


def choose(folder, ingested, **more):
    return choose_k(
        ingested, OPTIONS, folder=folder / "runs", into=folder / "chosen", lowest=2, highest=8, **more
    )


def test_leaves_a_table_and_a_picture_without_any_run(folder, ingested):
    found = choose(folder, ingested)
    table = pd.read_csv(found.table)
    assert table["k"].tolist() == [2, 3, 4, 5, 6, 7, 8]
    evidence = found.evidence
    assert {evidence.elbow, evidence.best_silhouette, evidence.most_stable} <= set(table["k"])
    assert table.notna().all(axis=None)
    assert Image.open(io.BytesIO(found.picture.read_bytes())).width > 1000
    pd.testing.assert_frame_equal(evidence.table, table)


def test_takes_the_network_of_a_run_when_told(folder, ingested):
    fresh = choose(folder, ingested).evidence.table
    layout = create_run(ingested, OPTIONS, folder=folder / "runs", name="run")
    keep_photographs(layout, ingested)
    with pytest.raises(OptionError, match="has no checkpoint yet"):
        choose(folder, ingested, run=layout.root)
    train.fn(layout.root, until=1, epochs=1)
    assert not choose(folder, ingested, run=layout.root).evidence.table.equals(fresh)


def test_a_run_of_other_photographs_is_refused(folder, ingested, tmp_path):
    write_drawn_coins(tmp_path / "coins", Issue(coins=12, types=3, seed=8))
    other = ingest.fn(tmp_path / "coins", folder / "runs")
    layout = create_run(other, OPTIONS, folder=folder / "runs", name="other")
    keep_photographs(layout, other)
    with pytest.raises(OptionError, match="other photographs"):
        choose(folder, ingested, run=layout.root)


def test_a_network_that_is_shown_coins_cut_out_finds_them_in_a_stage_of_its_own(
    folder, ingested, monkeypatch
):
    listener = Listener()
    monkeypatch.setattr(module, "stage", listener.stage)
    options = OPTIONS.model_copy(update={"network": "gridnet", "width": 1 / 4})
    choose_k(ingested, options, folder=folder / "runs", into=folder / "grid", lowest=2, highest=4)
    assert listener.names == ["find coins", "describe coins", "turn coins", "features", "choose k"]
