import json
import logging

import pandas as pd
import pytest

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import CatalogueError, OptionError
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.mint import Issue
from storage.errors import RunMismatchError
from storage.runs import read_record
from tasks.collection import training_of
from tasks.ingest import ingest
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.training.create_run import create_run, keep_photographs
from tests.library_weights import keep_weights


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    folder = tmp_path_factory.mktemp("begun")
    write_drawn_coins(folder / "coins", Issue(coins=6, types=2, seed=7))
    return ingest.fn(folder / "coins", folder / "runs", coins=folder / "coins" / "truths.csv")


@pytest.fixture
def start(ingested, tmp_path):
    def start(name=None, label=None, **options):
        chosen = TrainingOptions(**{"k": 2, **options})
        return create_run(ingested, chosen, folder=tmp_path, name=name, label=label)

    return start


def test_a_run_without_a_name_is_called_after_what_it_is_of(start):
    first, again, other = start(), start(), start(learning_rate=0.02)
    assert first.root.name.startswith("coins-k2-seed31-")
    assert first.root == again.root
    assert other.root.name.startswith("coins-k2-seed31-")
    assert other.root != first.root


def test_the_record_holds_every_option_resolved(start):
    layout = start(profile="legacy", pca_dimensions=4)
    training = read_record(layout)["identity"]["training"]
    assert training["batch_size"] == 256
    assert training["augmentation"]["flip"] is True
    assert None not in {name: value for name, value in training.items() if name != "init_weights"}.values()
    assert json.loads(layout.record.read_text())["identity"]["training"] == training


def test_what_differs_from_the_profile_is_told(start, caplog):
    with caplog.at_level(logging.INFO):
        start(learning_rate=0.02)
    assert "learning_rate is 0.02; the profile small has 0.01" in caplog.text


def test_the_description_is_the_best_that_is_installed_and_a_run_keeps_its_own(pretrained, start, caplog):
    def described(*arguments, **options):
        return read_record(start(*arguments, **options))["identity"]["training"]["description"]

    with caplog.at_level(logging.INFO):
        assert described("begun") == "pretrained"
    assert "parts are compared by the directions of their edges and by what a pretrained" in caplog.text
    assert described(description="edges") == "edges"
    pretrained.undo()
    assert described() == "edges"
    assert described("begun") == "pretrained"
    for options in ({"description": "tuned"}, {"front": "both"}):
        (option,) = options
        with pytest.raises(OptionError, match=f"begin a run with --{option} edges"):
            start("refused", **options)
    assert described("refused", description="edges") == "edges"  # so the advice can be followed
    with pytest.raises(RunMismatchError, match="description: pretrained then, edges now"):
        start("begun", description="edges")
    assert described(clustering="kmeans") == "auto"  # nothing is described


def test_how_coins_lie_counts_where_it_is_said(start):
    def lies(*arguments, **options):
        return read_record(start(*arguments, **options))["identity"]["training"].get("orientation")

    assert lies("asked") == "auto"
    assert lies("said", orientation="any") == "any"
    with pytest.raises(RunMismatchError, match="orientation: auto then, any now"):
        start("asked", orientation="any")
    # As runs are that were begun before coins were asked how they lie: their coins go on as upright.
    before = start("before", orientation="upright")
    assert lies("before") is None
    assert training_of(before).orientation == "upright"
    with pytest.raises(RunMismatchError, match="orientation: not said then, any now"):
        start("before", orientation="any")


def test_a_network_of_a_library_counts_by_its_weights_which_a_named_run_keeps(
    start, tmp_path, monkeypatch, caplog
):
    named = {"description": "torchvision:mobilenet_v3_small"}
    roots = []
    for seed in (1, 2, 1):
        load_backbone.cache_clear()
        keep_weights("mobilenet_v3_small", tmp_path / "weights", monkeypatch, seed=seed)
        with caplog.at_level(logging.INFO):
            roots.append(start(**named).root)
    assert roots[0] == roots[2] != roots[1]
    assert "and by what torchvision:mobilenet_v3_small sees in them" in caplog.text
    begun = read_record(start("begun", **named))["identity"]
    load_backbone.cache_clear()
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "elsewhere"))
    for name in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing is fetched
    assert read_record(start("begun", **named))["identity"] == begun
    assert read_record(start("begun"))["identity"] == begun
    with pytest.raises(OptionError, match="put the file at"):
        start("refused", **named)
    assert not (tmp_path / "refused").exists()


@pytest.mark.usefixtures("pretrained")
def test_runs_that_were_begun_before_there_were_fronts_go_on_and_others_are_other_runs(start):
    assert "front" not in read_record(start("mine"))["identity"]["training"]
    assert start(front="both").root != start().root
    with pytest.raises(RunMismatchError, match="front: not said then, both now"):
        start("mine", front="both")


def test_a_name_that_is_taken_and_a_label_that_is_not_there_are_refused(start):
    start("mine")
    with pytest.raises(RunMismatchError, match=r"learning_rate: 0\.01 then, 0\.02 now"):
        start("mine", learning_rate=0.02)
    with pytest.raises(CatalogueError, match="no column typ "):
        start(label="typ")
    with pytest.raises(OptionError, match="k = 7 clusters from 6 usable photographs"):
        start(k=7)


def test_the_photographs_are_kept_with_the_run(start, ingested):
    layout = start("mine")
    keep_photographs(layout, ingested)
    assert len(pd.read_parquet(layout.coins)) == 6
    assert json.loads(layout.source.read_text())
