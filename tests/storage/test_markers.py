import json
import logging
import shutil

import pytest

from storage import markers
from storage.errors import NoSpaceError
from storage.fingerprint import hash_file
from storage.markers import MARKER, UNFINISHED, committing, is_done, read_marker, sweep

COMMIT = """
from storage.markers import committing

def work(number):
    with committing(Path(sys.argv[1]) / "results" / "3", f"work {number}", cluster=3) as folder:
        for picture in range(40):
            (folder / f"{picture}.png").write_bytes(f"{number}-{picture}".encode() * 500)
"""


def commit(folder, work="work", files=("a.png", "deep/b.png"), content=b"picture"):
    with committing(folder, work, cluster=3) as temporary:
        for name in files:
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            (temporary / name).write_bytes(content)
    return folder


def test_a_killed_process_leaves_the_folder_of_before_or_the_new_one(kill_at_random, tmp_path):
    folder = tmp_path / "results" / "3"
    caught = 0
    for kills in kill_at_random(COMMIT, tmp_path):
        if folder.exists():
            work = read_marker(folder)["fingerprint"]
            assert is_done(folder, work)
            number = work.removeprefix("work ")
            assert {path.name for path in folder.iterdir()} == {f"{n}.png" for n in range(40)} | {MARKER}
            for picture in range(40):
                assert (folder / f"{picture}.png").read_bytes() == f"{number}-{picture}".encode() * 500
        if (tmp_path / "results").exists():
            caught += any(path.name.startswith(UNFINISHED) for path in (tmp_path / "results").iterdir())
            sweep(tmp_path)
            assert {path.name for path in (tmp_path / "results").iterdir()} <= {"3"}
        if kills >= 12 and caught and folder.exists():
            break
    assert folder.exists()
    assert caught, "no kill came in the middle of the work"


def test_the_marker_names_every_file_with_its_size_and_hash(tmp_path):
    folder = commit(tmp_path / "3")
    marker = json.loads((folder / MARKER).read_text())
    assert marker == {
        "fingerprint": "work",
        "facts": {"cluster": 3},
        "files": {name: {"bytes": 7, "sha256": hash_file(folder / name)} for name in ("a.png", "deep/b.png")},
    }


def test_the_same_work_has_the_same_marker_byte_for_byte(tmp_path):
    one = commit(tmp_path / "one")
    other = commit(tmp_path / "other", files=("deep/b.png", "a.png"))
    assert (one / MARKER).read_bytes() == (other / MARKER).read_bytes()


def test_everything_is_on_the_disk_before_the_folder_has_its_name(tmp_path, monkeypatch):
    folder = tmp_path / "3"
    synced = []
    real = markers.sync

    def watched(path):
        assert path == tmp_path or not folder.exists()
        real(path)
        synced.append(path.name)

    monkeypatch.setattr(markers, "sync", watched)
    commit(folder)
    inside = [".unfinished-3", "_done.json", "a.png", "b.png", "deep"]
    assert sorted(synced[:-1]) == inside
    assert synced[-2:] == [".unfinished-3", tmp_path.name]


def test_only_the_same_work_with_every_file_as_it_was_is_done(tmp_path):
    folder = commit(tmp_path / "3")
    assert is_done(folder, "work")
    assert not is_done(folder, "other work")
    assert not is_done(tmp_path / "4", "work")
    (folder / "a.png").write_bytes(b"PICTURE")
    assert is_done(folder, "work", verify="size")
    assert not is_done(folder, "work")
    (folder / "a.png").write_bytes(b"pict")
    assert not is_done(folder, "work", verify="size")
    (folder / "a.png").unlink()
    assert not is_done(folder, "work", verify="size")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"fingerprint": "work"}', '{"fingerprint": "work", "files": []}', "\xff"]
)
def test_a_marker_that_cannot_be_read_is_none(tmp_path, text):
    folder = commit(tmp_path / "3")
    (folder / MARKER).write_bytes(text.encode("latin-1"))
    assert read_marker(folder) is None
    assert not is_done(folder, "work")


def test_a_marker_that_points_outside_is_not_believed(tmp_path):
    folder = commit(tmp_path / "3")
    marker = read_marker(folder)
    (tmp_path / "secret").write_bytes(b"picture")
    marker["files"]["../secret"] = marker["files"]["a.png"]
    (folder / MARKER).write_text(json.dumps(marker))
    assert not is_done(folder, "work")


def test_an_error_in_the_work_leaves_what_was_there(tmp_path):
    folder = commit(tmp_path / "3")

    def work_half():
        with committing(folder, "new") as temporary:
            (temporary / "a.png").write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_half()
    assert is_done(folder, "work")
    assert list(tmp_path.iterdir()) == [folder]


def test_new_work_takes_the_place_of_old(tmp_path):
    commit(tmp_path / "3", files=("old.png",))
    folder = commit(tmp_path / "3", "new", files=("new.png",))
    assert is_done(folder, "new")
    assert {path.name for path in folder.iterdir()} == {"new.png", MARKER}
    assert list(tmp_path.iterdir()) == [folder]


def test_what_a_killed_process_left_of_the_same_folder_does_not_get_in(tmp_path):
    left = tmp_path / f"{UNFINISHED}3"
    left.mkdir()
    (left / "half.png").write_bytes(b"half")
    assert not (commit(tmp_path / "3") / "half.png").exists()


def test_killed_between_the_two_renames_the_work_is_done_again(tmp_path):
    folder = commit(tmp_path / "3")
    folder.rename(tmp_path / f"{UNFINISHED}3-old")
    shutil.copytree(tmp_path / f"{UNFINISHED}3-old", tmp_path / f"{UNFINISHED}3")
    assert not is_done(folder, "work")
    sweep(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert is_done(commit(folder), "work")


def test_a_full_disk_leaves_what_was_there(small_disk, fill):
    folder = commit(small_disk / "3")
    fill(small_disk, leave=100_000)
    with pytest.raises(NoSpaceError, match=r"the disk is full at .*/3; free some space"):
        commit(folder, "new", content=b"x" * 80_000)
    assert is_done(folder, "work")
    assert not (small_disk / f"{UNFINISHED}3").exists()


def test_sweeps_leftovers_at_any_depth_and_nothing_else(tmp_path):
    kept = commit(tmp_path / "maps" / "3" / "0")
    for leftover in (f"maps/3/{UNFINISHED}1/deep", f"maps/{UNFINISHED}3-old"):
        (tmp_path / leftover).mkdir(parents=True)
    for leftover in (".tmp-0011-manifest.json", "maps/3/.tmp-22-table.parquet"):
        (tmp_path / leftover).write_bytes(b"half")
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / ".tmp-latest").symlink_to(outside)
    sweep(tmp_path)
    assert is_done(kept, "work")
    assert sorted(path.name for path in tmp_path.rglob("*") if path.name.startswith(".")) == []
    assert outside.is_dir()


def test_sweeping_what_is_not_there_does_nothing(tmp_path):
    sweep(tmp_path / "nowhere")


def test_a_leftover_that_cannot_be_removed_is_named(tmp_path, monkeypatch, caplog):
    (tmp_path / f"{UNFINISHED}3").mkdir()

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(shutil, "rmtree", refuse)
    with caplog.at_level(logging.WARNING):
        sweep(tmp_path)
    assert f"{UNFINISHED}3 is left over and cannot be removed (Permission denied)" in caplog.text
