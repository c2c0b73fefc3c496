import shutil

import pytest

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.errors import OptionError
from flows.backfill import backfill_explanations, lacking
from flows.explain_clusters import explain_clusters
from flows.failures import PartlyFailedError
from flows.parameters import Checkpoints, Duration, Photographs, Place, Work
from flows.train_clusters import train_clusters
from storage.errors import MissingError
from storage.layout import ExplanationLayout, RunLayout
from storage.lock import holding

USUAL = ExplanationOptions()


@pytest.fixture(scope="module")
def trained(coins, tmp_path_factory):
    """Two runs without an explanation: `one` with finished checkpoints 1 and 2, `two` with 1."""
    runs = tmp_path_factory.mktemp("trained") / "runs"
    for name, epochs in (("one", 1), ("one", 2), ("two", 1)):
        train_clusters.fn(
            Photographs(images=coins),
            TrainingOptions(k=3, width=0.0625, batch_size=8, seed=len(name), clustering="kmeans"),
            Duration(epochs=epochs),
            Place(runs=str(runs), name=name),
        )
    return runs


@pytest.fixture(scope="module")
def caught_up(trained, tmp_path_factory):
    """Those runs after a backfill, while others work on a third one, `busy`; and what it has counted."""
    runs = tmp_path_factory.mktemp("caught-up") / "runs"
    shutil.copytree(trained, runs, symlinks=True)
    shutil.copytree(runs / "two", runs / "busy", symlinks=True)
    with holding(RunLayout(runs / "busy").lock):
        return runs, backfill_explanations.fn(Checkpoints(runs=str(runs)))


@pytest.fixture
def runs(trained, tmp_path):
    """A copy of those without explanations."""
    return shutil.copytree(trained, tmp_path / "runs", symlinks=True)


@pytest.fixture
def explained_runs(caught_up, tmp_path):
    """A copy of those after a backfill."""
    return shutil.copytree(caught_up[0], tmp_path / "caught-up", symlinks=True)


def missing(checkpoints, options=USUAL):
    return [(layout.root.name, epoch) for layout, epoch in lacking(checkpoints, options).missing]


def test_the_last_checkpoint_of_each_run_is_explained_once_and_one_that_others_work_on_left_to_them(
    runs, caught_up, explained_runs, caplog
):
    every = Checkpoints(runs=str(runs))
    assert missing(every) == [("one", 2), ("two", 1)]
    assert caught_up[1] == {"looked": 3, "explained": 2, "busy": 1}
    every = Checkpoints(runs=str(explained_runs))
    assert missing(every) == [("busy", 1)]
    manifests = {path: path.stat().st_ino for path in explained_runs.glob("*/explanations/*/manifest.json")}
    assert len(manifests) == 2
    caplog.set_level("INFO")
    with holding(RunLayout(explained_runs / "busy").lock):
        assert backfill_explanations.fn(every) == {"looked": 3, "explained": 0, "busy": 1}
    assert "busy, epoch 1 is left out this time" in caplog.text
    assert {
        path: path.stat().st_ino for path in explained_runs.glob("*/explanations/*/manifest.json")
    } == manifests


def test_every_checkpoint_is_explained_on_request_and_latest_stays_with_the_last_one(explained_runs):
    every = Checkpoints(runs=str(explained_runs), names=("one",), every_checkpoint=True)
    latest = (explained_runs / "one" / "latest").resolve()
    assert missing(every) == [("one", 1)]
    assert backfill_explanations.fn(every) == {"looked": 2, "explained": 1, "busy": 0}
    assert (explained_runs / "one" / "latest").resolve() == latest
    assert missing(every) == []


def test_an_explanation_by_other_options_does_not_count(explained_runs):
    one = Checkpoints(runs=str(explained_runs), names=("two",))
    assert missing(one) == []
    further = ExplanationOptions(also=("layer_cam",))
    assert missing(one, further) == [("two", 1)]
    assert backfill_explanations.fn(one, further)["explained"] == 1
    assert list((explained_runs / "two" / "latest").rglob("*-layer_cam.jpg"))
    assert missing(one, further) == []


def test_an_explanation_of_some_clusters_and_one_with_failures_are_no_whole_ones(runs):
    one = Checkpoints(runs=str(runs), names=("two",))
    explanation = ExplanationLayout(explain_clusters.fn(runs / "two", 1, USUAL, Work(clusters=(0,))))
    assert explanation.manifest.exists()
    assert missing(one) == [("two", 1)]
    (explanation.root / "maps" / "1").write_text("in the way")
    explain_clusters.fn(runs / "two", 1, USUAL, Work(max_failed_clusters=1))
    assert explanation.manifest.exists()
    assert missing(one) == [("two", 1)]
    (explanation.root / "maps" / "1").unlink()
    assert backfill_explanations.fn(one)["explained"] == 1
    assert missing(one) == []


def test_what_fails_stops_no_other_and_is_named_at_the_end(runs):
    (runs / "one" / "training" / "checkpoints" / "0002.parquet").write_bytes(b"no table")
    shutil.copytree(runs / "two", runs / "damaged")
    (runs / "damaged" / "run.json").write_text("{")
    with pytest.raises(PartlyFailedError) as caught:
        backfill_explanations.fn(Checkpoints(runs=str(runs)))
    assert [which for which, _ in caught.value.failures] == ["damaged", "one, epoch 2"]
    assert (runs / "two" / "latest" / "manifest.json").exists()


def test_where_there_is_nothing_to_look_at_is_said(runs, tmp_path):
    with pytest.raises(MissingError, match=r"no run called three; the runs in it: one, two"):
        backfill_explanations.fn(Checkpoints(runs=str(runs), names=("three",)))
    with pytest.raises(MissingError, match="is no folder"):
        backfill_explanations.fn(Checkpoints(runs=str(tmp_path / "nowhere")))
    with pytest.raises(OptionError, match="cannot be searched"):
        backfill_explanations.fn(Checkpoints(runs="s3://bucket/runs"))


def test_the_command_says_first_what_it_would_do(runs, call):
    command = ("backfill", "two", "--runs", runs, "--every-checkpoint", "--also", "layer_cam")
    code, printed = call(*command, "--dry-run")
    assert code == 0
    assert printed == "two, epoch 1 looked at 1 finished checkpoints; 1 lack an explanation"
    assert not (runs / "two" / "latest").exists()
    code, printed = call(*command)
    assert code == 0
    assert printed.startswith("looked at 1 finished checkpoints: 1 explained now, 0 left to others")
    code, printed = call("backfill", "three", "--runs", runs)
    assert (code, "no run called three" in printed) == (2, True)
    (runs / "one" / "training" / "checkpoints" / "0002.parquet").write_bytes(b"no table")
    code, printed = call("backfill", "--runs", runs)
    assert code == 1
    assert "finished with failures; the same command does only these again: one, epoch 2:" in printed
