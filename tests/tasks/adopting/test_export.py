import pickle

import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from coin_xai.mint import Issue
from storage import checkpoints
from storage.errors import MissingError
from storage.legacy.checkpoint import read_checkpoint
from storage.legacy.cluster_log import read_cluster_log
from storage.legacy.image_folder import image_folder
from tasks.adopting.export import export
from tasks.collection import usable_coins
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.train import train
from tasks.training.create_run import create_run, keep_photographs

EPOCHS = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of class folders, as the published code wants it."""
    folder = tmp_path_factory.mktemp("export")
    write_drawn_coins(folder / "drawn", Issue(coins=12, types=3, seed=7))
    for number, path in enumerate(sorted((folder / "drawn").glob("*.jpg"))):
        place = folder / "coins" / ("b" if number % 2 else "a")
        place.mkdir(parents=True, exist_ok=True)
        path.rename(place / path.name)
    return folder


@pytest.fixture(scope="module")
def layout(folder):
    ingested = ingest.fn(folder / "coins", folder / "runs")
    options = TrainingOptions(k=3, network="alexnet", width=1 / 16, batch_size=6, sobel_padding="zeros")
    layout = create_run(ingested, options, folder=folder / "runs", name="run")
    keep_photographs(layout, ingested)
    train.fn(layout.root, until=EPOCHS, epochs=EPOCHS)
    return layout


def test_the_log_names_the_photographs_of_each_cluster_in_both_forms(folder, layout, tmp_path):
    in_order = image_folder(folder / "coins")
    for form in ("reference", "thesis"):
        files = export(layout.root, into=tmp_path / form, form=form)
        read = read_cluster_log(files["clusters"])
        assert read.form == form
        assert len(read.partitions) == EPOCHS + 1
        for number, partition in enumerate(read.partitions):
            expected = pd.read_parquet(layout.assignments(number)).set_index("path")["cluster"]
            paths = in_order if read.paths is None else list(read.paths)
            assert pd.Series(partition.cluster, index=paths).to_dict() == expected.to_dict()
    assert sorted(in_order) == sorted(usable_coins(layout)["path"])


def test_the_thesis_form_lists_photographs_in_the_order_of_the_clusters(layout, folder, tmp_path):
    files = export(layout.root, into=tmp_path, form="thesis")
    in_order = image_folder(folder / "coins")
    for lists, images, epochs in pickle.loads(files["clusters"].read_bytes()):
        assert epochs == EPOCHS + 1
        assert [path for path, _ in images] == [in_order[position] for one in lists for position in one]
        ranks = np.concatenate([[rank] * len(one) for rank, one in enumerate(filter(None, lists))])
        assert [label for _, label in images] == ranks.tolist()


def test_the_checkpoint_holds_network_and_momentum_under_the_published_names(layout, tmp_path):
    files = export(layout.root, into=tmp_path)
    content = torch.load(files["checkpoint"], weights_only=True)
    assert content["epoch"] == EPOCHS + 1
    assert content["arch"] == "alexnet"
    own = checkpoints.load(layout, EPOCHS)["training"]
    assert torch.equal(content["state_dict"]["features.module.4.weight"], own["network"]["features.4.weight"])
    assert len(content["optimizer"]["state"]) == len(own["optimiser"]["state"]) == 24
    read = read_checkpoint(files["checkpoint"])
    assert read.architecture.network == "alexnet"
    assert read.architecture.k == 3
    assert read.architecture.sobel


def test_an_epoch_at_which_no_training_ended_is_refused(layout, tmp_path):
    with pytest.raises(MissingError, match="no finished checkpoint of epoch 1"):
        export(layout.root, into=tmp_path, epoch=1)


def test_padding_that_the_published_code_does_not_have_is_told(folder, tmp_path, caplog):
    ingested = ingest.fn(folder / "coins", folder / "runs")
    options = TrainingOptions(k=3, network="alexnet", width=1 / 16, batch_size=6)
    layout = create_run(ingested, options, folder=folder / "runs", name="replicate")
    keep_photographs(layout, ingested)
    train.fn(layout.root, until=1, epochs=1)
    export(layout.root, into=tmp_path)
    assert "replicate padding" in caplog.text


def test_networks_that_the_published_code_does_not_have_are_refused(folder, tmp_path):
    ingested = ingest.fn(folder / "coins", folder / "runs")
    options = TrainingOptions(k=3, network="resnet18", batch_size=6)
    layout = create_run(ingested, options, folder=folder / "runs", name="residual")
    keep_photographs(layout, ingested)
    train.fn(layout.root, until=1, epochs=1)
    with pytest.raises(OptionError, match="this run trained resnet18"):
        export(layout.root, into=tmp_path)
