import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.errors import OptionError
from coin_xai.matching.match_maps import MatchMaps
from storage import runs
from storage.maps import read_maps
from tasks.collection import chunks, usable_coins
from tasks.explaining.match import match_columns, shown_methods
from tasks.photographs.cells import read_cells


def test_maps_of_a_chunk_are_those_of_its_coins_among_all(explained_run):
    layout, explanation = explained_run.layout, explained_run.explanation
    coins = usable_coins(layout)
    cluster = pd.read_parquet(explanation.assignments).set_index("coin_id")["cluster"].loc[coins["coin_id"]]
    everything = MatchMaps(read_cells(layout, len(coins)), cluster.to_numpy(), device=torch.device("cpu")).of(
        np.arange(len(coins))
    )
    row = {coin_id: position for position, coin_id in enumerate(coins["coin_id"])}
    for chunk in chunks(explanation, [0, 1, 2]):
        rows = [row[coin_id] for coin_id in chunk.coins["coin_id"]]
        computed = match_columns(layout, explanation, chunk.coins)
        np.testing.assert_allclose(computed["match"], everything.maps[rows], atol=1e-6)
        assert computed["match_other_cluster"].tolist() == everything.other_cluster[rows].tolist()
        _, kept = read_maps(explanation.maps(*chunk.place) / "maps.parquet")
        np.testing.assert_allclose(kept["match"], computed["match"], atol=1e-6)
        np.testing.assert_allclose(kept["match_own"], everything.own[rows], atol=1e-6)
        np.testing.assert_allclose(kept["match_other"], everything.other[rows], atol=1e-6)


def test_the_pictures_of_match_maps_lie_beside_the_others(explained_run):
    drawn = list((explained_run.explanation.root / "results").rglob("*-match.jpg"))
    assert len(drawn) == 16
    assert all(path.with_name(path.name.replace("-match", "-hires_cam")).exists() for path in drawn)


@pytest.mark.parametrize(
    ("training", "expected"),
    [
        ({}, True),
        ({"clustering": "matching"}, True),
        ({"clustering": "kmeans"}, False),
        ({"trainer": "deepcluster-v2", "clustering": "matching"}, False),
        ({"network": "alexnet", "clustering": "matching"}, False),
    ],
)
def test_match_maps_are_of_clusters_that_matching_made(explained_run, monkeypatch, training, expected):
    record = runs.read_record(explained_run.layout)
    usual = {key: value for key, value in record["identity"]["training"].items() if key not in training}
    record["identity"]["training"] = {**usual, **training}
    monkeypatch.setattr("tasks.collection.read_record", lambda _layout: record)
    assert ("match" in shown_methods(explained_run.layout, ExplanationOptions())) == expected
    asked = ExplanationOptions(also=["match"])
    if training.get("network") == "alexnet":
        with pytest.raises(OptionError, match="alexnet is shown photographs as they are"):
            shown_methods(explained_run.layout, asked)
    else:
        assert "match" in shown_methods(explained_run.layout, asked)
