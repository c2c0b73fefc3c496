import logging
import os
import shutil
import time

import pandas as pd
import pytest

from coin_xai.attribution.options import ExplanationOptions
from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.mint import Issue
from flows.explain_clusters import explain_clusters
from storage import checkpoints
from storage.errors import PlaceError
from storage.layout import ExplanationLayout, RunLayout, collection_file, pixels_folder
from storage.lock import holding
from storage.manifest import verify
from storage.pixel_cache import LOCK, damages, read_pixels
from storage.remote.copies import working_copy
from storage.retention import Rule, size_of
from tasks.ingest import PIXELS_KEY, ingest
from tasks.page.bundle import bundle
from tasks.photographs.write_drawn_coins import write_drawn_coins
from tasks.pruning.prune import SECONDS_TO_BEGIN, prune
from tasks.train import segments, train
from tasks.training.create_run import create_run, keep_photographs

SMALL = {"k": 3, "width": 1 / 16, "batch_size": 5}
LAST = Rule(keep_last=1, before=float("inf"))


@pytest.fixture(scope="session")
def _two_explanations(explained_run, tmp_path_factory):
    """A run that was explained by one method, and then by another one as well."""
    runs = tmp_path_factory.mktemp("pruned") / "runs"
    shutil.copytree(explained_run.layout.root.parent, runs, symlinks=True)
    run = runs / explained_run.layout.root.name
    explain_clusters.fn(run, explanation=ExplanationOptions(also=("layer_cam",)))
    return run


@pytest.fixture
def run(_two_explanations, tmp_path):
    """A copy of it, to write into; times are those of the original."""
    shutil.copytree(_two_explanations.parent, tmp_path / "runs", symlinks=True)
    return RunLayout(tmp_path / "runs" / _two_explanations.name)


def free(runs, rule=LAST, *, dry_run=False):
    return prune.fn(str(runs), rule, dry_run=dry_run)


def tree(folder):
    """Return what lies in a folder, but for locks, which whoever looks signs."""
    return {
        path: (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".lock"
    }


def kinds(pruned):
    return [(one.kind, one.where) for one in pruned.freed]


def test_an_older_explanation_goes_and_the_last_one_is_whole(run, explained_run):
    old, latest = explained_run.explanation.root.name, run.latest.resolve()
    assert old != latest.name
    pruned = free(run.root.parent)
    assert kinds(pruned) == [("explanation", "test"), ("views", "test")]
    assert pruned.freed[0].which == old
    assert (pruned.busy, pruned.failed) == ([], [])
    assert [path.name for path in (run.root / "explanations").iterdir()] == [latest.name]
    assert verify(run.latest) == []
    assert damages(pixels_folder(run.root.parent, PIXELS_KEY)) == []


def test_what_a_dry_run_says_is_what_then_happens_and_it_changes_nothing(run):
    runs, before = run.root.parent, tree(run.root.parent)
    said = free(runs, dry_run=True)
    assert tree(runs) == before
    size = size_of(runs)
    done = free(runs)
    assert done == said
    assert size - size_of(runs) == done.bytes > 0
    assert free(runs).freed == []


def test_what_was_pruned_is_made_again_with_the_same_bytes(run, explained_run):
    manifest = explained_run.explanation.manifest.read_bytes()
    free(run.root.parent)
    again = ExplanationLayout(explain_clusters.fn(run.root))
    assert again.root.name == explained_run.explanation.root.name
    assert again.manifest.read_bytes() == manifest


def test_a_bundle_can_be_made_again_after_it(run):
    first = bundle(run.root, photographs=False).read_bytes()
    # Another explanation is made last, and the bundle is of the one before.
    latest = run.latest.resolve().name
    explain_clusters.fn(run.root)
    assert run.latest.resolve().name != latest
    assert kinds(free(run.root.parent, Rule(1, float("inf")))) == [("views", "test")]
    run.latest.unlink()
    run.latest.symlink_to(f"explanations/{latest}")
    assert bundle(run.root, photographs=False).read_bytes() == first


def test_a_run_that_others_work_on_is_left_alone_and_the_others_are_not(run, tmp_path):
    other = RunLayout(tmp_path / "runs" / "other")
    shutil.copytree(run.root, other.root, symlinks=True)
    before = tree(run.root)
    for dry_run in (True, False):
        with holding(run.lock):
            pruned = free(tmp_path / "runs", dry_run=dry_run)
        assert kinds(pruned) == [("explanation", "other"), ("views", "other")]
        (told,) = pruned.busy
        assert f"{run.root} is being worked on by process {os.getpid()} on" in told
        assert tree(run.root) == before
    # Those who explain parts of a run share its lock.
    with holding(run.lock, shared=True):
        assert free(tmp_path / "runs").freed == []


def test_a_damaged_run_hides_none_of_the_others_and_keeps_the_photographs(run, caplog):
    broken = RunLayout(run.root.with_name("broken"))
    broken.root.mkdir()
    broken.record.write_text("no record")
    with caplog.at_level(logging.WARNING):
        pruned = free(run.root.parent)
    assert ("explanation", "test") in kinds(pruned)
    (told,) = pruned.failed
    assert "run.json cannot be read" in told
    assert told in caplog.text


def test_an_object_store_and_its_working_copy_are_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for runs in ("s3://bucket/coins", working_copy(f"file://{tmp_path}/store").folder):
        with pytest.raises(PlaceError, match="is an object store or the working copy of one, which prune"):
            free(runs)
    with pytest.raises(PlaceError, match="is no folder; say where the runs are with --runs"):
        free(tmp_path / "none")


@pytest.fixture(scope="module")
def coins(tmp_path_factory):
    folder = tmp_path_factory.mktemp("drawn") / "coins"
    write_drawn_coins(folder, Issue(coins=14, types=3, seed=7))
    return folder


def train_to(images, runs, *epochs, name="run"):
    """Train to one epoch after the other, and finish at each."""
    ingested = ingest.fn(images, runs)
    layout = create_run(ingested, TrainingOptions(**SMALL, clustering="kmeans"), folder=runs, name=name)
    keep_photographs(layout, ingested)
    for last in epochs:
        for until in segments(last, 1):
            train.fn(layout.root, until=until, epochs=last)
    return layout


def content(layout):
    """Return the bytes of what a training leaves, without the seconds it took and the pictures of them."""
    found = {
        path.relative_to(layout.root).as_posix(): path.read_bytes()
        for path in (layout.root / "training").rglob("*")
        if path.is_file() and path not in (layout.metrics, layout.curves)
    }
    rows = pd.read_csv(layout.metrics)
    found["figures"] = rows[[name for name in rows if not name.startswith("seconds_")]].to_csv().encode()
    return found


def test_a_training_goes_on_after_it_as_if_nothing_had_gone(coins, tmp_path):
    whole = train_to(coins, tmp_path / "whole", 1, 2, 3)
    pruned = RunLayout(tmp_path / "pruned" / "run")
    shutil.copytree(tmp_path / "whole", tmp_path / "pruned")
    freed = free(tmp_path / "pruned").freed
    assert [one.which for one in freed if one.kind == "checkpoint"] == ["1", "2"]
    assert [one.kind for one in freed] == ["checkpoint", "checkpoint", "views"]
    assert checkpoints.epochs(pruned) == [3]
    for runs in ("whole", "pruned"):
        train_to(coins, tmp_path / runs, 4)
    expected = content(whole)
    gone = {name for name in expected if name.startswith("training/checkpoints/000") and name[24] in "12"}
    assert len(gone) == 6
    assert content(pruned) == {name: data for name, data in expected.items() if name not in gone}
    # And what went comes back, when it is asked for, as it was.
    train_to(coins, tmp_path / "pruned", 1, 2)
    assert content(pruned) == expected


def test_photographs_of_a_run_that_was_deleted_go_and_those_of_others_stay(coins, tmp_path):
    kept = train_to(coins, tmp_path / "runs", name="kept")
    shutil.copytree(coins, tmp_path / "half", ignore=shutil.ignore_patterns("*.csv"))
    write_drawn_coins(tmp_path / "half" / "more", Issue(coins=5, types=2, seed=8))
    gone = train_to(tmp_path / "half", tmp_path / "runs", name="gone")
    shutil.rmtree(gone.root)
    cache = pixels_folder(tmp_path / "runs", PIXELS_KEY)
    # A study may have ingested them just now, and be about to begin its run.
    assert free(tmp_path / "runs", Rule(0, float("inf"))).freed == []
    for table in collection_file(tmp_path / "runs", "").parent.iterdir():
        os.utime(table, (time.time() - SECONDS_TO_BEGIN - 60,) * 2)
    with holding(cache / LOCK):
        pruned = free(tmp_path / "runs")
        assert pruned.freed == []
        assert all(str(cache) in told for told in pruned.busy)
    pruned = free(tmp_path / "runs")
    assert [(one.kind, one.which) for one in pruned.freed if one.kind == "photographs"] == [
        ("photographs", "5 that no run uses")
    ]
    assert [one.kind for one in pruned.freed].count("table of coins") == 2
    sha256s = pd.read_parquet(kept.coins)["sha256"].dropna().tolist()
    assert len(read_pixels(cache, sha256s)[1]) == len(sha256s)
    assert damages(cache) == []
    assert ingest.fn(coins, tmp_path / "runs").table.exists()


@pytest.mark.slow
def test_a_full_disk_is_freed(coins, disk_of):
    disk = disk_of("24m")
    layout = train_to(coins, disk / "runs", 1, 2)
    with (disk / "filling").open("wb", buffering=0) as file:
        file.write(b"x" * shutil.disk_usage(disk).free)
    assert shutil.disk_usage(disk).free == 0
    assert [one.kind for one in free(disk / "runs").freed] == ["checkpoint", "views"]
    assert shutil.disk_usage(disk).free > 0
    assert checkpoints.load(layout, 2)
