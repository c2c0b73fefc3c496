import json
import shutil

import pandas as pd
import pytest

from coin_xai.errors import OptionError
from flows.explain_clusters import explain_clusters
from flows.failures import RunFailedError
from flows.parameters import Work
from storage.errors import RunBusyError
from storage.lock import holding
from tests.written import make_old, written_since

# Explains some clusters of a run.
PROGRAM = """
from pathlib import Path
from flows.explain_clusters import explain_clusters
from flows.parameters import Work

explain_clusters.fn(Path({run!r}), work=Work(clusters={own}))
"""


@pytest.fixture
def explanation(explained):
    """The folder of the explanation of such a run."""
    return (explained / "latest").resolve()


def block(explanation):
    """Make cluster 1 fail: a file lies where the folder of its maps belongs. Return that file."""
    maps = explanation / "maps" / "1"
    shutil.rmtree(maps)
    shutil.rmtree(explanation / "results" / "1" / "1")
    maps.write_text("in the way")
    return maps


def test_a_cluster_that_fails_does_not_stop_the_others_can_be_allowed_and_is_mended_later(
    explained, explanation
):
    obstacle = block(explanation)
    with pytest.raises(RunFailedError, match="cluster 1, chunk 0: "):
        explain_clusters.fn(explained)
    manifest = json.loads((explanation / "manifest.json").read_text())
    assert [which for which, _ in manifest["made_from"]["failures"]] == ["cluster 1, chunk 0"]
    page = (explanation / "report.html").read_text()
    assert "<b>cluster 1, chunk 0 failed.</b>" in page
    assert 'id="cluster-0"' in page
    assert 'id="cluster-1"' not in page
    others = make_old(explanation.rglob("*-grad_cam.jpg"))
    assert explain_clusters.fn(explained, work=Work(max_failed_clusters=1)) == explanation
    assert json.loads((explanation / "manifest.json").read_text()) == manifest

    obstacle.unlink()
    assert explain_clusters.fn(explained) == explanation
    assert 'id="cluster-1"' in (explanation / "report.html").read_text()
    assert not written_since(others)
    coins = pd.read_parquet(explanation / "assignments.parquet")
    assert len(list(explanation.rglob("*-grad_cam.jpg"))) == len(coins) == 18


def test_when_every_cluster_fails_no_page_of_before_stays(explained, explanation):
    (explanation / "results").rename(explanation / "kept")
    (explanation / "results").write_text("in the way")
    with pytest.raises(RunFailedError, match=r"cluster 0: .*cluster 1: .*cluster 2: "):
        explain_clusters.fn(explained)
    assert not (explanation / "report.html").exists()
    assert not (explanation / "manifest.json").exists()


def test_an_epoch_that_was_not_trained_is_refused(run):
    with pytest.raises(Exception, match="no finished checkpoint of epoch 7; train it to that epoch first"):
        explain_clusters.fn(run, 7)


@pytest.mark.slow
def test_several_processes_that_share_a_run_end_with_the_manifest_of_one(explained, explanation, nursery):
    expected = (explanation / "manifest.json").read_bytes()
    shutil.rmtree(explanation)
    parts = [nursery.start(PROGRAM.format(run=str(explained), own=own)) for own in ((0, 2), (1,))]
    assert [part.wait() for part in parts] == [0, 0]
    assert (explanation / "manifest.json").read_bytes() == expected


def test_no_two_processes_explain_the_same_cluster(explained, explanation, monkeypatch):
    monkeypatch.setattr("flows.explaining.explanation.SECONDS_TO_PUBLISH", 0)
    with (
        holding(explained / "run.lock", shared=True),
        holding(explanation / "locks" / "1.lock"),
    ):
        explain_clusters.fn(explained, work=Work(clusters=(0,)))
        with pytest.raises(RunBusyError):
            explain_clusters.fn(explained, work=Work(clusters=(0, 1)))
        with pytest.raises(RunBusyError):
            explain_clusters.fn(explained)


def test_a_cluster_that_is_not_there_is_refused(run):
    with pytest.raises(OptionError, match=r"no coins in cluster 9 .*from 0 to 2"):
        explain_clusters.fn(run, work=Work(clusters=(9,)))


def test_work_of_the_right_size_is_reused_unless_its_content_or_nothing_is_trusted(explained, explanation):
    picture = next(explanation.rglob("*-grad_cam.jpg"))
    whole = picture.read_bytes()
    picture.write_bytes(bytes(len(whole)))
    explain_clusters.fn(explained)
    assert picture.read_bytes() != whole
    explain_clusters.fn(explained, work=Work(reuse="hash"))
    assert picture.read_bytes() == whole
    make_old([picture])
    explain_clusters.fn(explained, work=Work(reuse="nothing"))
    assert picture.read_bytes() == whole
    assert written_since([picture])
