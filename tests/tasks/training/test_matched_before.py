import logging
import shutil

import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.deepcluster.fixed_clusters import FixedClusters
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from storage import checkpoints
from storage.fingerprint import hash_file
from tasks.collection import open_pixels, training_of, usable_coins
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.train import train
from tasks.training.create_run import create_run, keep_photographs
from tasks.training.matched_before import take_matches
from tasks.training.segment import prepare

SMALL = {"batch_size": 5, "k": 3}
TAKEN = "has matched these coins"


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matched") / "coins"
    write_drawn_coins(folder, Issue(coins=14, types=3, seed=7))
    return folder


def begun(coins, runs, name, **options):
    """Begin a run; return its layout."""
    ingested = ingest.fn(coins, runs)
    layout = create_run(ingested, TrainingOptions(**{**SMALL, **options}), folder=runs, name=name)
    keep_photographs(layout, ingested)
    return layout


def trained(coins, runs, name, **options):
    """Train a run for one epoch; return its layout."""
    layout = begun(coins, runs, name, **options)
    train.fn(layout.root, until=1, epochs=1)
    return layout


def taken(layout):
    """Begin the clusters of a run and let it take matches; return them."""
    known, options = usable_coins(layout), training_of(layout)
    clusters = FixedClusters(
        open_pixels(layout, known), options.require(len(known)), device=torch.device("cpu")
    )
    take_matches(layout, known, clusters)
    return clusters


@pytest.fixture(scope="module")
def first(coins, tmp_path_factory):
    """The folder of runs with one run in it."""
    runs = tmp_path_factory.mktemp("first")
    trained(coins, runs, "first")
    return runs


@pytest.fixture
def runs(first, tmp_path):
    shutil.copytree(first, tmp_path / "runs")
    return tmp_path / "runs"


def matched(layout):
    epoch = checkpoints.latest(layout)
    return checkpoints.load(layout, epoch)["training"]["matching"].numpy()


def test_another_k_and_seed_take_the_matches_and_end_as_if_alone(coins, runs, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    beside = trained(coins, runs, "beside", k=4, seed=5)
    assert f"the run first {TAKEN}" in caplog.text
    alone = trained(coins, tmp_path / "elsewhere", "alone", k=4, seed=5)
    for one, other in (
        (beside.cells, alone.cells),
        (beside.frames, alone.frames),
        (beside.assignments(1), alone.assignments(1)),
    ):
        assert hash_file(one) == hash_file(other)
    np.testing.assert_array_equal(matched(beside), matched(alone))
    losses = [pd.read_csv(layout.metrics)["loss"][0] for layout in (beside, alone)]
    assert losses[0] == losses[1]


@pytest.mark.parametrize(
    "options",
    [
        {"orientation": "upright"},
        {"centre_crop": 0.9},
        {"clustering": "kmeans", "pca_dimensions": 4},
        {"description": "tuned"},
    ],
    ids=lambda options: next(iter(options)),
)
def test_what_decides_about_matches_must_be_the_same(coins, runs, options, request):
    if options == {"description": "tuned"}:
        request.getfixturevalue("pretrained")
    assert taken(begun(coins, runs, "beside", **options)).neighbours is None


def test_other_photographs_are_matched_anew(coins, runs, tmp_path):
    fewer = shutil.copytree(coins, tmp_path / "coins")
    next(fewer.rglob("*.jpg")).unlink()
    assert taken(begun(fewer, runs, "beside")).neighbours is None


def test_several_processes_are_handed_the_frames(coins, runs, caplog):
    caplog.set_level(logging.INFO)
    layout = begun(coins, runs, "beside", k=4)
    prepare(layout)
    assert f"the run first {TAKEN}" in caplog.text
    assert hash_file(layout.frames) == hash_file(runs / "first" / "frames.parquet")


def test_what_a_profile_fills_in_counts_as_if_it_was_given(coins, runs):
    assert taken(begun(coins, runs, "beside", clustering="matching")).neighbours is not None


def test_a_run_that_has_matched_nothing_yet_is_passed_over(coins, runs):
    begun(coins, runs, "before-first")
    assert taken(begun(coins, runs, "beside", k=4)).neighbours is not None
    for record in (runs / "first" / "training" / "checkpoints").glob("*.json"):
        record.unlink()
    assert taken(begun(coins, runs, "beside", k=4)).neighbours is None


@pytest.mark.parametrize("file", ["training/checkpoints/0001.pt", "frames.parquet", "run.json"])
def test_a_run_that_cannot_be_read_is_passed_over(coins, runs, file):
    damaged = runs / "first" / file
    damaged.write_bytes(b"\0" * damaged.stat().st_size)
    assert taken(begun(coins, runs, "beside")).neighbours is None


def test_cells_that_are_gone_are_left_to_whoever_needs_them(coins, runs):
    (runs / "first" / "cells.npy").unlink()
    clusters = taken(begun(coins, runs, "beside"))
    assert clusters.cells is None
    assert clusters.neighbours.shape == (14, 10)
