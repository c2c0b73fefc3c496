import json
import os
import zipfile

import pytest
import torch

from storage import checkpoints, runs
from storage.errors import DamagedError
from storage.layout import RunLayout
from storage.lock import holding
from storage.manifest import verify, write_manifest
from storage.markers import committing, leftovers
from storage.retention import Rule, removable, remove, size_of

NOW = 1_800_000_000.0
DAY = 86_400.0
ALL = Rule(keep_last=0, before=NOW)

REMOVES = """
from storage.layout import RunLayout
from storage.retention import Rule, removable, remove

def work(root):
    layout = RunLayout(root)
    parts = removable(layout, Rule(keep_last=2, before=float("inf")))
    begin()
    remove(layout, parts)
"""


def train(layout, epoch, *, finished=True, age_days=0.0):
    """Leave a checkpoint, and its partition, that is so old."""
    checkpoints.save(layout, epoch, {"weights": torch.full((100,), float(epoch))}, finished=finished)
    layout.final_assignments(epoch).write_bytes(b"partition")
    aged(layout.checkpoints / f"{epoch:04d}.json", age_days)


def explain(layout, name, *, epoch, age_days=0.0, method="hirescam"):
    """Leave a finished explanation that is so old."""
    explanation = layout.explanation(name)
    with committing(explanation.maps(0, 0), name) as temporary:
        (temporary / "maps.parquet").write_bytes(name.encode() * 10)
    for path in (explanation.assignments, explanation.assignments_csv, explanation.report):
        path.write_text(f"{path.name} of {name}")
    write_manifest(
        explanation,
        {
            "epoch": epoch,
            "checkpoint_sha256": checkpoints.hash_of(layout, epoch),
            "attribution": {"methods": method},
        },
    )
    runs.point_latest_to(layout, explanation.root)
    aged(explanation.manifest, age_days)
    return explanation


def aged(path, days):
    os.utime(path, (NOW - days * DAY,) * 2)


def pack(layout, explanation, name="run.zip"):
    with zipfile.ZipFile(layout.root / name, "w") as archive:
        archive.write(explanation.manifest, f"{layout.root.name}/manifest.json")
        archive.writestr(f"{layout.root.name}/report.html", "page")


def found(layout, rule=ALL, kind=None):
    return [part.name for part in removable(layout, rule) if kind in (None, part.kind)]


@pytest.fixture
def layout(tmp_path):
    return runs.begin(tmp_path, "run", identity={"pixels": "png"})


@pytest.fixture
def old(layout):
    """A run of four trainings, each explained, a day apart; the last one is a day old."""
    for number, epoch in enumerate((10, 20, 30, 40)):
        train(layout, epoch, age_days=4 - number)
        explain(layout, f"f{epoch}", epoch=epoch, age_days=4 - number)
    return layout


def test_what_nothing_needs_goes_whatever_its_age_if_no_number_is_to_stay(old):
    assert found(old) == ["f30", "f20", "f10", "10", "20", "30"]


def test_so_many_of_the_last_ones_stay(old):
    assert found(old, Rule(2, NOW)) == ["f20", "f10", "10", "20"]
    assert found(old, Rule(4, NOW)) == []
    assert found(old, Rule(9, NOW)) == []


def test_what_is_younger_stays(old):
    assert found(old, Rule(0, NOW - 2.5 * DAY)) == ["f20", "f10", "10", "20"]


def test_both_must_hold(old):
    assert found(old, Rule(2, NOW - 3.5 * DAY)) == ["f10", "10"]
    assert found(old, Rule(3, NOW - 2.5 * DAY)) == ["f10", "10"]


def test_latest_stays_with_its_checkpoint_however_old(old):
    runs.point_latest_to(old, old.explanation("f10").root)
    assert found(old) == ["f40", "f30", "f20", "20", "30"]


def test_what_a_bundle_was_made_of_stays_with_its_checkpoint(old):
    pack(old, old.explanation("f20"), "run-without-photographs.zip")
    assert found(old) == ["f30", "f10", "10", "30"]


def test_a_bundle_protects_its_explanation_though_its_page_was_written_anew(old):
    pack(old, old.explanation("f20"))
    explanation = old.explanation("f20")
    explanation.report.write_text("a newer page")
    origin = json.loads(explanation.manifest.read_text())["made_from"]
    write_manifest(explanation, {**origin, "versions": {"torch": "newer"}})
    aged(explanation.manifest, 3)
    assert found(old) == ["f30", "f10", "10", "30"]


@pytest.mark.parametrize("content", [b"no archive", "another manifest"])
def test_a_bundle_that_does_not_say_what_it_needs_lets_nothing_go(old, content):
    path = old.root / "run.zip"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("run/manifest.json", content)
    with pytest.raises(DamagedError, match=r"run\.zip does not say which explanation it was made of"):
        removable(old, ALL)


def test_an_archive_without_a_manifest_needs_nothing(old):
    with zipfile.ZipFile(old.root / "mine.zip", "w") as archive:
        archive.writestr("notes.txt", "mine")
    assert len(found(old)) == 6


def test_the_checkpoint_that_training_goes_on_from_stays_beside_the_last_finished_one(old):
    train(old, 45, finished=False, age_days=9)
    assert found(old, kind="checkpoint") == ["10", "20", "30"]


def test_another_method_of_the_same_checkpoint_goes_and_the_checkpoint_stays(layout):
    train(layout, 10, age_days=9)
    explain(layout, "one", epoch=10, age_days=8)
    explain(layout, "other", epoch=10, age_days=7, method="layer_cam")
    assert found(layout) == ["one"]


def test_an_explanation_that_was_not_finished_is_as_old_as_its_last_attempt(old):
    explanation = explain(old, "begun", epoch=20)
    explanation.manifest.unlink()
    runs.point_latest_to(old, old.explanation("f40").root)
    aged(explanation.assignments, 2.5)
    assert found(old, Rule(1, NOW), "explanation") == ["f30", "begun", "f20", "f10"]
    # As long as it stays, nobody knows which checkpoint it is of.
    assert found(old, Rule(1, NOW - 2.7 * DAY)) == ["f20", "f10"]


@pytest.mark.parametrize("epoch", ["20", None, [20]])
def test_a_manifest_that_does_not_tell_the_checkpoint_keeps_all_of_them(old, epoch):
    explanation = old.explanation("f40")
    write_manifest(explanation, {"epoch": epoch})
    aged(explanation.manifest, 1)
    assert found(old, Rule(1, NOW)) == ["f30", "f20", "f10"]


def test_an_explanation_whose_clusters_a_process_holds_stays(old):
    with holding(old.explanation("f20").lock(3)):
        assert found(old) == ["f30", "f10", "10", "30"]
    assert "f20" in found(old)


def test_an_explanation_that_is_kept_elsewhere_stays(old, tmp_path):
    root = old.explanation("f20").root
    root.rename(tmp_path / "elsewhere")
    root.symlink_to(tmp_path / "elsewhere")
    assert found(old) == ["f30", "f10", "10", "30"]


def test_what_goes_is_gone_and_what_was_said_is_freed(old):
    before = size_of(old.root)
    parts = removable(old, Rule(2, NOW))
    remove(old, parts)
    assert before - size_of(old.root) == sum(part.bytes for part in parts) > 0
    assert sorted(path.name for path in (old.root / "explanations").iterdir()) == ["f30", "f40"]
    assert checkpoints.epochs(old) == [30, 40]
    assert sorted(path.name for path in old.checkpoints.iterdir()) == [
        f"{epoch:04d}.{suffix}" for epoch in (30, 40) for suffix in ("json", "parquet", "pt")
    ]
    assert found(old, Rule(2, NOW)) == []


def test_what_killed_processes_left_is_counted_and_goes(old):
    half = old.explanation("f40").maps(0, 1).with_name(".unfinished-1")
    half.mkdir()
    (half / "maps.parquet").write_bytes(b"x" * 100)
    (old.checkpoints / "0050.pt").write_bytes(b"x" * 50)
    (old.explanation("f10").root / ".tmp-0011-report.html").write_bytes(b"x" * 7)
    parts = {part.name: part.bytes for part in removable(old, Rule(1, NOW)) if part.kind == "left over"}
    # What lies in an explanation that goes is counted with it.
    assert parts == {
        "explanations/f40/maps/0/.unfinished-1": 100,
        "training/checkpoints/0050.pt": 50,
    }
    before = size_of(old.root)
    parts = removable(old, Rule(1, NOW))
    remove(old, parts)
    assert before - size_of(old.root) == sum(part.bytes for part in parts)
    assert not [*leftovers(old.root), *checkpoints.without_record(old)]


def test_the_size_of_a_link_is_not_that_of_what_it_leads_to(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b"x" * 10_000)
    (tmp_path / "folder" / "link").symlink_to(tmp_path / "large")
    assert size_of(tmp_path / "folder") < 1000


@pytest.mark.slow
def test_killed_at_any_removal_the_run_is_whole_and_the_next_one_ends_it(old, kill_at_each_change):
    # A real kill -9 at every single change to the disk, one after the other.
    rule = Rule(keep_last=2, before=NOW)

    def check(root):
        copy = RunLayout(root)
        there = list(copy.root.glob("explanations/[!.]*"))
        assert [damage for folder in there for damage in verify(folder)] == []
        for epoch in checkpoints.epochs(copy):
            assert checkpoints.load(copy, epoch)["weights"][0] == epoch
        assert {int(folder.name.removeprefix("f")) for folder in there} <= {*checkpoints.epochs(copy)}
        assert copy.latest.resolve().name == "f40"
        remove(copy, removable(copy, rule))
        assert removable(copy, rule) == []
        assert {path.name for path in copy.root.glob("explanations/*")} == {"f30", "f40"}
        assert {path.stem for path in copy.checkpoints.iterdir()} == {"0030", "0040"}

    # Two explanations are renamed, over what may be left, and have six files in four folders each; two
    # checkpoints have three files.
    assert kill_at_each_change(REMOVES, old.root, check) == 2 * (2 + 6 + 4) + 2 * 3


def test_a_run_without_anything_has_nothing_to_lose(layout):
    assert found(layout) == []
    remove(layout, [])
    assert layout.record.exists()


def test_what_coins_show_goes_when_it_is_old_and_the_run_is_trained(layout):
    chunk = layout.views / "turned" / "000000-abc"
    with committing(chunk, "abc") as temporary:
        (temporary / "cells.npy").write_bytes(b"cells")
    for path in (chunk, chunk.parent, layout.views):
        aged(path, 2)
    assert found(layout, kind="views") == []  # a training that was killed goes on with it
    train(layout, 10)
    assert found(layout, Rule(1, NOW - 3 * DAY), kind="views") == []
    (part,) = removable(layout, Rule(1, NOW))
    assert part.kind == "views"
    assert part.bytes >= 5
    remove(layout, [part])
    assert not layout.views.exists()
    assert list(leftovers(layout.root)) == []
