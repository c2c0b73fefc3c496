import dataclasses
import shutil
from collections import Counter
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from prefect import flow

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.common.random_streams import torch_stream
from coin_xai.evidence.recognition import folds_of, held_out, majority, rotated
from coin_xai.matching.hog import extract_hog
from coin_xai.networks import build
from storage.layout import RunLayout
from storage.maps import read_maps
from tasks import recognise as module
from tasks.checkpoint import Checkpoint
from tasks.collection import open_pixels, training_of
from tasks.explaining.attribute import network_of
from tasks.explaining.job import ExplanationJob
from tasks.explaining.recognition import read_recognition
from tasks.recognise import recognise


@pytest.fixture
def run(explained_run, tmp_path):
    """A copy of the run, whose recognition may be done again."""
    shutil.copytree(explained_run.layout.root.parent, tmp_path / "runs", symlinks=True)
    layout = RunLayout(tmp_path / "runs" / explained_run.layout.root.name)
    return layout, layout.explanation(explained_run.explanation.root.name)


def job_of(layout, explanation, **how):
    return ExplanationJob(
        run=layout.root, fingerprint=explanation.root.name, epoch=2, options=ExplanationOptions(), **how
    )


def stamp(explanation):
    return (explanation.recognition / "_done.json").stat().st_ino


def test_every_coin_is_held_out_once_and_asked_for(explained_run):
    explanation = explained_run.explanation
    tables, coins = read_recognition(explanation), pd.read_parquet(explanation.assignments)
    assert tables.coins["coin_id"].tolist() == sorted(coins["coin_id"])
    cluster = coins.set_index("coin_id").loc[tables.coins["coin_id"], "cluster"].to_numpy()
    assert (tables.coins["recognised"] == (tables.coins["recognised_as"] == cluster)).all()
    seed = training_of(explained_run.layout).seed
    assert tables.coins["fold"].tolist() == folds_of(cluster, seed=seed).tolist()
    assert tables.clusters["size"].tolist() == np.bincount(cluster).tolist()
    kinds = ["network", "shuffled", "hog", "untrained", "largest", "neighbours"]
    assert tables.summary["what"].tolist() == kinds
    assert not tables.upper_bound  # the whole training was repeated in each fold
    assert (tables.summary["low"] <= tables.summary["recognition"]).all()
    assert (tables.summary["high"] >= tables.summary["recognition"]).all()


def test_features_are_those_that_lie_with_the_maps_and_no_others(explained_run):
    layout, explanation, epoch = explained_run
    coins = pd.read_parquet(explanation.assignments).sort_values("coin_id").reset_index(drop=True)
    kept = {}
    for path in explanation.root.glob("maps/*/*/maps.parquet"):
        names, columns = read_maps(path, {"penultimate"})
        kept |= dict(zip(names, columns["penultimate"], strict=True))
    features = np.maximum(np.stack([kept[name] for name in coins["coin_id"]]).astype(np.float32), 0)
    cluster = coins["cluster"].to_numpy()
    fold = folds_of(cluster, seed=training_of(layout).seed)
    tables = read_recognition(explanation)
    asked = held_out(rotated(features), cluster, fold)
    assert (asked == tables.coins["recognised_as"]).mean() > 0.9  # processors round otherwise
    neighbours = Checkpoint.load(layout, epoch).training["matching"].numpy()
    ceiling = (majority(neighbours, cluster) == cluster).mean()
    assert tables.recognition("neighbours") == pytest.approx(ceiling)


def test_controls_see_the_photographs_by_what_learnt_nothing(explained_run):
    layout, explanation, _epoch = explained_run
    options = training_of(layout)
    coins = pd.read_parquet(explanation.assignments).sort_values("coin_id").reset_index(drop=True)
    cluster = coins["cluster"].to_numpy()
    hog = extract_hog(open_pixels(layout, coins), centre_crop=options.centre_crop)
    share = (held_out(rotated(hog), cluster, folds_of(cluster, seed=options.seed)) == cluster).mean()
    assert read_recognition(explanation).recognition("hog") == pytest.approx(share, abs=0.1)
    trained, _options = network_of(Checkpoint.load(layout, 2))
    drawn = module._untrained(layout, coins, options, trained, lambda _: None)
    fresh = build(
        options.network,
        k=options.k,
        generator=torch_stream(options.seed, "initial weights", 0),
        sobel=options.sobel,
        sobel_padding=options.sobel_padding,
        width=options.width,
    )
    assert drawn.shape == (len(coins), fresh.head.in_features)
    assert (drawn >= 0).all()
    name = next(iter(dict(fresh.features.named_parameters())))
    assert not np.array_equal(fresh.features.state_dict()[name], trained.features.state_dict()[name])


def test_what_is_done_is_not_done_again_unless_nothing_is_trusted(run, monkeypatch):
    layout, explanation = run
    before, share = stamp(explanation), read_recognition(explanation).recognition("network")
    with monkeypatch.context() as patched:
        patched.setattr(module, "held_out", None)
        assert recognise.fn(job_of(layout, explanation)) == share
        assert recognise.fn(job_of(layout, explanation, reuse="hash")) == share
    assert stamp(explanation) == before
    assert recognise.fn(job_of(layout, explanation, reuse="nothing")) == share
    assert stamp(explanation) != before


def test_another_partition_is_judged_anew(run):
    layout, explanation = run
    before = stamp(explanation)
    table = pd.read_parquet(explanation.assignments)
    others = table["cluster"].iloc[::-1].to_numpy()
    table.assign(cluster=others).to_parquet(explanation.assignments, index=False)
    assert read_recognition(explanation) is None
    # Its chunks are those of the clusters as they were.
    shutil.rmtree(explanation.root / "maps")
    assert recognise.fn(job_of(layout, explanation)) is None
    assert stamp(explanation) == before


def test_a_coin_that_changes_its_cluster_is_judged_anew(run):
    layout, explanation = run
    before = stamp(explanation)
    table = pd.read_parquet(explanation.assignments)
    first, last = table["cluster"].iloc[0], table["cluster"].iloc[-1]
    other = next(row for row in table.index if table.loc[row, "cluster"] != first)
    table.loc[[0, other], "cluster"] = [table.loc[other, "cluster"], first]
    table.to_parquet(explanation.assignments, index=False)
    assert last is not None
    recognise.fn(job_of(layout, explanation))
    assert stamp(explanation) != before
    assert len(read_recognition(explanation).coins) == len(table)


def test_a_damaged_table_is_made_again(run):
    layout, explanation = run
    (explanation.recognition / "coins.csv").unlink()
    recognise.fn(job_of(layout, explanation))
    assert (explanation.recognition / "coins.csv").exists()


def test_nothing_is_said_where_a_cluster_is_not_explained(run):
    layout, explanation = run
    shutil.rmtree(explanation.maps(0, 0))
    assert recognise.fn(job_of(layout, explanation)) is None


@pytest.mark.slow
def test_a_server_shows_it_as_skipped_the_second_time(run, server):  # noqa: ARG001
    layout, explanation = run

    @flow
    def twice():
        states = [
            recognise(job_of(layout, explanation, reuse=reuse), return_state=True)
            for reuse in ("nothing", "size")
        ]
        return [state.name for state in states]

    assert twice() == ["Completed", "Skipped"]


@pytest.mark.parametrize("adopted", [False, True])
def test_all_that_it_does_is_counted(explained_run, monkeypatch, adopted):
    layout, explanation, epoch = explained_run
    totals, done = {}, Counter()

    @contextmanager
    def counted(name, total):
        totals[name] = total
        yield lambda count: done.update({name: count})

    monkeypatch.setattr(module, "stage", counted)
    checkpoint = Checkpoint.load(layout, epoch)
    if adopted:  # then the head alone is fitted anew, in the same stage
        checkpoint = dataclasses.replace(checkpoint, adopted={"from": "elsewhere"})
    module._tables(layout, explanation, checkpoint, epoch=epoch)
    assert dict(done) == totals
    assert ("train without each fold" in totals) is not adopted
