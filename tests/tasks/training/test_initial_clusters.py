import logging

import numpy as np
import pandas as pd
import pytest
import torch

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.clustering.agreement import agreement
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import CatalogueError, OptionError
from coin_xai.mint import Issue
from storage import checkpoints
from storage.errors import RunMismatchError
from tasks.extract import extract
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.train import segments, train
from tasks.training.choose_k import choose_k
from tasks.training.create_run import create_run, keep_photographs

SMALL = {"width": 1 / 16, "batch_size": 5}
PATHS = ("features", "init_assignments")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("starts") / "coins"
    write_drawn_coins(folder, Issue(coins=14, types=3, seed=7))
    return folder


@pytest.fixture(scope="module")
def truths(folder):
    """The table of 14 drawn coins."""
    return pd.read_csv(folder / "truths.csv")


@pytest.fixture
def ingested(folder, tmp_path):
    return ingest.fn(folder, tmp_path / "runs")


@pytest.fixture
def vectors(truths, tmp_path):
    """A file of vectors that point where the type of the coin says, and the table in it."""
    rng = np.random.default_rng(1)
    types = truths["type"].astype("category").cat.codes
    found = rng.normal(size=(3, 12))[types] + 0.1 * rng.normal(size=(14, 12))
    table = pd.DataFrame({"coin_id": truths["coin_id"], "vector": list(found.astype(np.float32))})
    table.to_parquet(tmp_path / "vectors.parquet")
    return tmp_path / "vectors.parquet", table


@pytest.fixture
def types(truths, tmp_path):
    """A table of the types, by file."""
    table = pd.DataFrame({"file": truths["file"], "cluster": "type " + truths["type"]})
    table.to_csv(tmp_path / "types.csv", index=False)
    return tmp_path / "types.csv"


@pytest.fixture
def do(ingested, tmp_path):
    """Train and return the layout of the run; files may be left out where the training goes on."""

    def train_to(epochs, *, name="run", every=1, until=None, **options):
        chosen = TrainingOptions(**SMALL, **options)
        layout = create_run(ingested, chosen, folder=tmp_path / "runs", name=name)
        keep_photographs(layout, ingested)
        for number in segments(epochs, every):
            if until is None or number <= until:
                paths = {kind: getattr(chosen, kind) for kind in PATHS}
                train.fn(layout.root, until=number, epochs=epochs, **paths)
        return layout

    return train_to


def final(layout, epoch):
    return pd.read_parquet(layout.final_assignments(epoch))


def same_groups(first, second):
    return len(set(zip(first, second, strict=True))) == len(set(first)) == len(set(second))


def test_vectors_make_the_clusters_and_their_content_counts(do, vectors, truths, tmp_path):
    file, table = vectors
    layout = do(1, features=file, k=3)
    found = final(layout, 1).merge(truths, on="coin_id")
    # Ten neighbours of fourteen coins are of other types for the most part.
    assert agreement(found["type"], found["cluster"]).ami > 0.6
    assert found["stability"].between(0.8, 1).all()
    # The same content elsewhere, in another order and form, is the same run; other content is not.
    wide = pd.DataFrame(np.stack(table["vector"])).add_prefix("v")
    wide.insert(0, "coin_id", table["coin_id"])
    wide.iloc[::-1].to_csv(tmp_path / "moved.csv", index=False)
    assert do(1, features=tmp_path / "moved.csv", k=3).root == layout.root
    wide["v3"] += 1
    wide.to_csv(tmp_path / "moved.csv", index=False)
    with pytest.raises(RunMismatchError, match="features: "):
        do(1, features=tmp_path / "moved.csv", k=3)


def test_given_types_are_learnt_and_keep_their_names(do, types, truths, caplog):
    with caplog.at_level(logging.INFO):
        layout = do(2, init_assignments=types)
    assert "k is 3, as many clusters as the table of --init-assignments has" in caplog.text
    found = final(layout, 2).merge(truths, on="coin_id")
    assert (found["cluster_name"] == "type " + found["type"]).all()
    assert same_groups(found["cluster"], found["type"])
    assert "stability" not in found
    extracted = extract.fn(layout.root, options=ExplanationOptions())
    table = pd.read_csv(layout.explanation(extracted.fingerprint).assignments_csv)
    assert set(table["cluster_name"]) == {"type T01", "type T02", "type T03"}
    assert torch.isfinite(checkpoints.load(layout, 2)["partition"]["centroids"]).all()


@pytest.mark.parametrize(("kind", "clustering"), [("features", None), ("init_assignments", "kmeans")])
def test_stopped_and_continued_without_the_file_equals_never_stopped(do, vectors, types, kind, clustering):
    file = vectors[0] if kind == "features" else types
    options = {kind: file, "k": 3, "clustering": clustering}
    straight = do(3, name="straight", every=3, **options)
    stopped = do(3, name="stopped", until=1, **options)
    file.unlink()
    for until in (2, 3):
        train.fn(stopped.root, until=until, epochs=3)
    pd.testing.assert_frame_equal(final(straight, 3), final(stopped, 3), check_exact=True)
    weights = [checkpoints.load(layout, 3)["training"]["network"] for layout in (straight, stopped)]
    assert all(torch.equal(tensor, weights[1][name]) for name, tensor in weights[0].items())


def test_another_file_than_the_run_was_begun_with_is_refused(vectors, tmp_path, ingested):
    options = TrainingOptions(**SMALL, features=vectors[0], k=3)
    layout = create_run(ingested, options, folder=tmp_path / "runs", name="run")
    keep_photographs(layout, ingested)
    with pytest.raises(OptionError, match="say where it is with --features"):
        train.fn(layout.root, until=1, epochs=1)


def test_the_table_of_another_run_is_taken_up_with_its_stability(do, vectors):
    first = do(1, name="first", features=vectors[0], k=3)
    second = do(1, name="second", init_assignments=first.final_assignments(1))
    for column in ("cluster", "stability"):
        assert final(second, 1)[column].tolist() == final(first, 1)[column].tolist()
    assert "cluster_name" not in final(second, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"features": True, "init_assignments": True}, "exclude each other"),
        ({"features": True, "clustering": "matching"}, "--clustering matching makes no use of --features"),
        ({"init_assignments": True, "clustering": "features"}, "--clustering features needs a file"),
        ({"clustering": "given"}, "needs a file: give it with --init-assignments"),
        ({"init_assignments": True, "k": 4}, "has 3 clusters, and k is 4: leave --k out"),
        ({"features": "nowhere.parquet"}, r"nowhere.parquet is not there \(--features\)"),
        ({"features": True, "k": 15}, "k = 15 clusters from 14 usable photographs"),
    ],
)
def test_options_that_contradict_each_other_are_refused_before_anything_is_made(
    do, vectors, types, tmp_path, options, message
):
    files = {"features": vectors[0], "init_assignments": types}
    chosen = {name: files[name] if value is True else value for name, value in options.items()}
    with pytest.raises(OptionError, match=message):
        do(1, **chosen)
    assert not (tmp_path / "runs" / "run").exists()


def test_a_coin_without_a_vector_is_named_before_anything_is_made(do, vectors, tmp_path):
    file, table = vectors
    table[1:].to_parquet(file)
    with pytest.raises(CatalogueError, match=f"1 of 14 coins are missing .*: {table['coin_id'].iloc[0]}"):
        do(1, features=file)
    assert not (tmp_path / "runs" / "run").exists()


def test_k_is_chosen_among_vectors_but_not_among_given_clusters(ingested, vectors, types, tmp_path):
    options = TrainingOptions(**SMALL, features=vectors[0])
    settings = {"folder": tmp_path / "runs", "into": tmp_path / "k", "lowest": 2, "highest": 6}
    assert choose_k(ingested, options, **settings).evidence.best_silhouette == 3
    with pytest.raises(OptionError, match="leave --init-assignments out"):
        choose_k(ingested, TrainingOptions(**SMALL, init_assignments=types), **settings)
