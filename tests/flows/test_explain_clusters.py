import json

import pandas as pd
import pytest

from coin_xai.deepcluster.options import TrainingOptions
from flows.explain_clusters import MOST_SHARDS, explain_clusters, shards
from flows.failures import RunFailedError
from flows.parameters import Duration, Photographs, Place
from flows.train_clusters import train_clusters


@pytest.fixture
def run(coins, tmp_path):
    """The folder of a run that was trained for one epoch."""
    return train_clusters.fn(
        Photographs(images=coins),
        TrainingOptions(k=3, width=0.0625, batch_size=8),
        Duration(epochs=1),
        Place(runs=tmp_path, name="test"),
    )


def block(run):
    """Make cluster 1 fail: a file lies where the folder of its maps belongs. Return that file."""
    explanation = explain_clusters.fn(run)
    maps = explanation / "maps" / "1"
    for path in sorted(maps.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    maps.rmdir()
    maps.write_text("in the way")
    for path in (explanation / "results" / "1" / "1").iterdir():
        path.unlink()
    (explanation / "results" / "1" / "1").rmdir()
    return maps


def test_every_cluster_is_in_one_shard_and_there_are_never_too_many():
    for count in (1, 3, MOST_SHARDS, MOST_SHARDS + 1, 10_000):
        found = shards(list(range(count)))
        assert [cluster for shard in found for cluster in shard] == list(range(count))
        assert len(found) <= MOST_SHARDS


def test_a_cluster_that_fails_does_not_stop_the_others_and_is_mended_later(run):
    obstacle = block(run)
    with pytest.raises(RunFailedError, match="cluster 1: "):
        explain_clusters.fn(run)
    explanation = obstacle.parent.parent
    manifest = json.loads((explanation / "manifest.json").read_text())
    assert [which for which, _ in manifest["made_from"]["failures"]] == ["cluster 1"]
    page = (explanation / "report.html").read_text()
    assert "<b>cluster 1 failed.</b>" in page
    assert 'id="cluster-0"' in page
    assert 'id="cluster-1"' not in page
    others = {path: path.stat().st_mtime_ns for path in explanation.rglob("*-grad_cam.png")}

    obstacle.unlink()
    assert explain_clusters.fn(run) == explanation
    assert 'id="cluster-1"' in (explanation / "report.html").read_text()
    assert {path: path.stat().st_mtime_ns for path in others} == others
    coins = pd.read_parquet(explanation / "assignments.parquet")
    assert len(list(explanation.rglob("*-grad_cam.png"))) == len(coins) == 18


def test_when_every_cluster_fails_no_page_of_before_stays(run):
    explanation = explain_clusters.fn(run)
    (explanation / "results").rename(explanation / "kept")
    (explanation / "results").write_text("in the way")
    with pytest.raises(RunFailedError, match=r"cluster 0: .*cluster 1: .*cluster 2: "):
        explain_clusters.fn(run)
    assert not (explanation / "report.html").exists()
    assert not (explanation / "manifest.json").exists()


def test_an_epoch_that_was_not_trained_is_refused(run):
    with pytest.raises(Exception, match="no finished checkpoint of epoch 7; train it to that epoch first"):
        explain_clusters.fn(run, 7)
