from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.clustering.reduction import Whitening
from coin_xai.networks import normalise
from storage import checkpoints
from storage.maps import read_maps
from tasks.checkpoint import Checkpoint
from tasks.explaining.attribute import load_network
from tasks.explaining.explained_coins import explained
from tasks.explaining.measure import MOST_TYPICAL, NEIGHBOURS, TABLES, _matches, _reduced, measure
from tasks.photographs.outlines import open_shown


@pytest.fixture
def tables(explained_run):
    folder = explained_run.explanation.page_tables
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}


@pytest.fixture
def coins(explained_run):
    return explained(explained_run.explanation, explained_run.epoch).coins


def test_features_are_those_whose_distance_to_the_centroids_the_training_told(explained_run, coins):
    names, columns = read_maps(explained_run.explanation.page_tables / "features.parquet")
    assert names == coins["coin_id"].tolist()
    centroids = checkpoints.load(explained_run.layout, explained_run.epoch)["partition"]["centroids"].numpy()
    distances = ((columns["feature"][:, None] - centroids[None]) ** 2).sum(axis=2)
    own = distances[np.arange(len(coins)), coins["cluster"]]
    assert own == pytest.approx(coins["distance"].to_numpy(), abs=1e-4)


def test_every_coin_has_a_place_on_both_maps_and_all_measures_of_its_photograph(tables, coins):
    measures = tables["measures"]
    assert measures["coin_id"].tolist() == coins["coin_id"].tolist()
    assert np.isfinite(measures.drop(columns=["coin_id", "framing"])).all(axis=None)
    assert measures["framing"].between(0.1, 1).mean() > 0.8


def test_neighbours_of_one_kind_are_in_the_cluster_and_of_the_other_not(tables, coins):
    cluster = coins.set_index("coin_id")["cluster"]
    found = tables["neighbours"]
    found = found[found["kind"] != "match"]
    same = cluster[found["coin_id"]].to_numpy() == cluster[found["neighbour"]].to_numpy()
    assert (same == (found["kind"] == "same")).all()
    assert found["rank"].between(1, NEIGHBOURS).all()
    assert not (found["coin_id"] == found["neighbour"]).any()


def test_the_coins_that_match_best_are_those_of_the_graph(tables, coins, explained_run):
    graph = Checkpoint.load(explained_run.layout, explained_run.epoch).training["matching"].numpy()
    names, cluster = coins["coin_id"].to_numpy(), coins["cluster"].to_numpy()
    found = tables["neighbours"][tables["neighbours"]["kind"] == "match"]
    for row, name in enumerate(names):
        own = found[found["coin_id"] == name].sort_values("rank")
        assert own["neighbour"].tolist() == names[graph[row, :NEIGHBOURS]].tolist()
    purity = (cluster[graph] == cluster[:, None]).mean(axis=1)
    assert tables["measures"]["purity"].to_numpy() == pytest.approx(purity)
    assert 0 < purity.mean() < 1


@pytest.mark.parametrize("other", [{"clustering": "features"}, {"trainer": "deepcluster-v2"}])
def test_a_graph_that_the_clusters_were_not_cut_from_tells_no_matches(explained_run, coins, other):
    layout, kept = explained_run.layout, Checkpoint.load(explained_run.layout, explained_run.epoch)
    assert _matches(layout, coins, kept) is not None
    assert _matches(layout, coins, replace(kept, options=kept.options.model_copy(update=other))) is None


def test_the_history_ends_with_the_partition_of_today(tables, coins, explained_run):
    last = tables["history"][tables["history"]["epoch"] == explained_run.epoch]
    assert len(tables["history"]) == (explained_run.epoch + 1) * len(coins)
    assert last.set_index("coin_id")["cluster"].to_dict() == coins.set_index("coin_id")["cluster"].to_dict()
    assert (last["kept_company"] == 1).all()


def test_concepts_are_those_of_the_most_typical_coins_of_each_cluster(explained_run, coins):
    names, columns = read_maps(explained_run.explanation.page_tables / "concepts.parquet")
    for cluster, members in coins.sort_values(["recognised", "score"], ascending=False).groupby("cluster"):
        typical = members["coin_id"].tolist()[:MOST_TYPICAL]
        assert [name for name in names if name in typical] == typical, cluster
    assert columns["places"].shape[2:] == (16, 16)
    assert columns["share"].sum(axis=1) == pytest.approx(1)


def test_the_tables_can_be_read_by_a_spreadsheet_too(explained_run, tables):
    for name, table in tables.items():
        assert len(pd.read_csv(explained_run.explanation.page_tables / f"{name}.csv")) == len(table)


def test_what_was_measured_is_not_measured_again(explained_run, coins, monkeypatch):
    monkeypatch.setattr("tasks.explaining.measure.read_maps", None)
    layout, epoch = explained_run.layout, explained_run.epoch
    measure(layout, explained_run.explanation, coins, epoch=epoch, checkpoint=Checkpoint.load(layout, epoch))


def test_features_need_no_network_and_are_those_that_it_has(explained_run, coins):
    layout, epoch = explained_run.layout, explained_run.epoch
    network, options = load_network(layout.root, epoch)
    squares = open_shown(layout, coins, options).centre_squares(
        np.arange(len(coins)), size_px=network.input_size_px, crop=options.centre_crop
    )
    with torch.inference_mode():
        features = network.penultimate(normalise(torch.from_numpy(squares))).numpy()
    checkpoint = Checkpoint.load(layout, epoch)
    partition = checkpoint.partition
    parts = (partition[f"pca_{name}"].numpy() for name in ("mean", "components", "variances"))
    known = _reduced(explained_run.explanation, coins, checkpoint)
    assert known == pytest.approx(Whitening(*parts).apply(features), abs=1e-4)


def test_features_of_a_network_trained_elsewhere_get_a_reduction_of_their_own(explained_run, coins):
    checkpoint = Checkpoint.load(explained_run.layout, explained_run.epoch)
    own = _reduced(explained_run.explanation, coins, replace(checkpoint, partition=None))
    known = _reduced(explained_run.explanation, coins, checkpoint)
    assert own.shape == known.shape
    assert np.abs(own @ own.T - known @ known.T).max() < 1e-3
