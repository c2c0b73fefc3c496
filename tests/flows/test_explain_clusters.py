import json
import shutil
import sys
from contextlib import ExitStack

import pandas as pd
import pytest

from coin_xai.errors import OptionError
from flows.explain_clusters import explain_clusters
from flows.failures import RunFailedError
from flows.parameters import Work
from storage.errors import RunBusyError
from storage.lock import holding
from tests.processes import started
from tests.waiting import PATIENCE_S
from tests.written import make_old, written_since


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


def test_a_cluster_that_fails_does_not_stop_the_others_and_is_mended_later(run):
    obstacle = block(run)
    with pytest.raises(RunFailedError, match="cluster 1, chunk 0: "):
        explain_clusters.fn(run)
    explanation = obstacle.parent.parent
    manifest = json.loads((explanation / "manifest.json").read_text())
    assert [which for which, _ in manifest["made_from"]["failures"]] == ["cluster 1, chunk 0"]
    page = (explanation / "report.html").read_text()
    assert "<b>cluster 1, chunk 0 failed.</b>" in page
    assert 'id="cluster-0"' in page
    assert 'id="cluster-1"' not in page
    others = make_old(explanation.rglob("*-grad_cam.png"))

    obstacle.unlink()
    assert explain_clusters.fn(run) == explanation
    assert 'id="cluster-1"' in (explanation / "report.html").read_text()
    assert not written_since(others)
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


def test_failures_can_be_allowed(run):
    block(run)
    explanation = explain_clusters.fn(run, work=Work(max_failed_clusters=1))
    manifest = json.loads((explanation / "manifest.json").read_text())
    assert len(manifest["made_from"]["failures"]) == 1


def test_several_processes_that_share_a_run_end_with_the_manifest_of_one(run):
    alone = explain_clusters.fn(run)
    expected = (alone / "manifest.json").read_bytes()
    shutil.rmtree(alone)
    program = (
        "import sys; from pathlib import Path; from flows.explain_clusters import explain_clusters;"
        "from flows.parameters import Work;"
        "explain_clusters.fn(Path(sys.argv[1]), work=Work(clusters=tuple(map(int, sys.argv[2].split(',')))))"
    )
    with ExitStack() as running:
        parts = [
            running.enter_context(started([sys.executable, "-c", program, run, own])) for own in ("0,2", "1")
        ]
        assert [part.wait(PATIENCE_S) for part in parts] == [0, 0]
    assert (alone / "manifest.json").read_bytes() == expected


def test_no_two_processes_explain_the_same_cluster(run, monkeypatch):
    explanation = explain_clusters.fn(run)
    monkeypatch.setattr("flows.explanation.SECONDS_TO_PUBLISH", 0)
    with (
        holding(explanation.parents[1] / "run.lock", shared=True),
        holding(explanation / "locks" / "1.lock"),
    ):
        explain_clusters.fn(run, work=Work(clusters=(0,)))
        with pytest.raises(RunBusyError):
            explain_clusters.fn(run, work=Work(clusters=(0, 1)))
        with pytest.raises(RunBusyError):
            explain_clusters.fn(run)


def test_a_cluster_that_is_not_there_is_refused(run):
    with pytest.raises(OptionError, match=r"no coins in cluster 9 .*from 0 to 2"):
        explain_clusters.fn(run, work=Work(clusters=(9,)))


def test_work_of_the_right_size_is_reused_unless_its_content_or_nothing_is_trusted(run):
    explanation = explain_clusters.fn(run)
    picture = next(explanation.rglob("*-grad_cam.png"))
    whole = picture.read_bytes()
    picture.write_bytes(bytes(len(whole)))
    explain_clusters.fn(run)
    assert picture.read_bytes() != whole
    explain_clusters.fn(run, work=Work(reuse="hash"))
    assert picture.read_bytes() == whole
    make_old([picture])
    explain_clusters.fn(run, work=Work(reuse="nothing"))
    assert picture.read_bytes() == whole
    assert written_since([picture])
