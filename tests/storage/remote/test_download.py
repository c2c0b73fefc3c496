import json
import logging

import pytest

from storage.errors import RunMismatchError
from storage.inventory import describe
from storage.markers import MARKER, committing
from storage.remote.audit import audit
from storage.remote.download import bring_record
from storage.remote.store import INDEX

CHUNK = "explanations/abc/maps/0/0"


def flip(remote, name):
    content = bytearray(remote.read(name))
    content[0] ^= 1
    remote.write(name, bytes(content))


@pytest.mark.parametrize("damage", [flip, lambda remote, name: remote.remove([name])])
@pytest.mark.parametrize("name", [f"{CHUNK}/maps.parquet", f"{CHUNK}/{MARKER}"])
def test_a_damaged_chunk_is_not_brought_and_a_whole_one_replaces_it(
    damage, name, explained, memory, step, kept, tmp_path
):
    step(explained.root, memory)
    damage(memory, name)
    other = tmp_path / "other"
    step(other, memory, copy="another copy")
    assert not (other / CHUNK).exists()
    assert not (other / "explanations/abc/manifest.json").exists()
    assert (other / "explanations/abc/maps/0/1").exists()
    with committing(other / CHUNK, "chunk 0", cluster=0) as temporary:  # as the flow does it again
        (temporary / "maps.parquet").write_bytes(b"maps 0")
    assert step(other, memory, copy="another copy") > 0
    assert audit(memory) == []
    step(other, memory, copy="another copy")
    assert kept(other)[0] == kept(explained.root)[0]


def test_a_flipped_object_is_found(explained, remote, step):
    step(explained.root, remote)
    weights = next(name for name, size in remote.sizes().items() if size == 7000)
    flipped = [weights, "explanations/abc/report.html", f"{CHUNK}/maps.parquet"]
    for name in flipped:
        flip(remote, name)
    assert audit(remote, verify="size") == []
    assert sorted(audit(remote)) == sorted(f"{name} has other content than was written" for name in flipped)
    remote.remove([weights])
    remote.write(f"{CHUNK}/maps.parquet", b"short")
    assert f"{weights} is missing" in audit(remote)
    assert f"{CHUNK}/maps.parquet has 5 bytes instead of 6" in audit(remote)


def test_weights_that_are_damaged_do_not_count_and_are_sent_anew(explained, memory, step, tmp_path, caplog):
    step(explained.root, memory)
    weights = next(name for name, size in memory.sizes().items() if size == 7000)
    flip(memory, weights)
    other = tmp_path / "other"
    step(other, memory, copy="another copy")
    assert "0001.pt has other content than was written; it is ignored" in caplog.text
    assert not (other / "training/checkpoints/0001.pt").exists()
    (other / "training/checkpoints/0001.pt").write_bytes(b"weights" * 1000)
    step(other, memory, copy="another copy")
    assert audit(memory) == []


@pytest.mark.parametrize(
    "name",
    [
        "../../../outside",
        "/tmp/outside",
        "a/../../../../outside",
        "..\\outside",
        "a\x00b",
        "_done.json",
        "x" * 300,
        "",
    ],
)
def test_no_name_in_a_marker_leaves_its_folder(name, explained, memory, step, tmp_path):
    step(explained.root, memory)
    marker = json.loads(memory.read(f"{CHUNK}/{MARKER}"))
    marker["files"][name] = marker["files"]["maps.parquet"]
    memory.write(f"{CHUNK}/{MARKER}", json.dumps(marker).encode())
    home = tmp_path / "machine" / "runs" / "run"
    step(home, memory, copy="another copy")
    assert not (home / CHUNK).exists()
    assert (home / "run.json").exists()
    assert list((tmp_path / "machine").rglob("*outside*")) == []
    assert any("maps/0/0" in sentence for sentence in audit(memory))


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/outside",
        "explanations/abc/report.html",
        "latest/x",
        ".store/x",
        "a\\b",
        "a\nb",
        "run.json/",
        "run.lock",
        "synced.json",
    ],
)
def test_no_name_in_the_index_leaves_the_run_or_overwrites_what_has_a_marker(
    name, explained, memory, step, tmp_path
):
    step(explained.root, memory)
    index = json.loads(memory.read(INDEX))
    index["files"][name] = index["files"]["coins.parquet"]
    index["latest"] = "../../.."
    memory.write(INDEX, json.dumps(index).encode())
    home = tmp_path / "machine" / "runs" / "run"
    step(home, memory, copy="another copy")
    assert (home / "explanations/abc/report.html").read_bytes() == b"report.html"
    assert not (home / "latest").exists()
    assert sorted(path.name for path in (tmp_path / "machine").iterdir()) == ["runs"]
    assert sorted(path.name for path in (tmp_path / "machine" / "runs").iterdir()) == ["run"]


@pytest.mark.parametrize(
    "marker",
    [
        b"",
        b"[]",
        b"{",
        b'{"files": []}',
        b'{"files": {"a": 1}}',
        b'{"files": {"a": {"bytes": "1", "sha256": ""}}}',
        b'{"files": {}, "facts": {"folder": "/etc", "fingerprint": "x"}, "fingerprint": "f"}',
        b"[" * 100_000,
    ],
)
def test_a_marker_that_is_none_makes_nothing_visible(marker, explained, memory, step, tmp_path):
    step(explained.root, memory)
    memory.write(f"{CHUNK}/{MARKER}", marker)
    memory.write(INDEX, marker)
    step(tmp_path / "other", memory, copy="another copy")
    assert not (tmp_path / "other" / CHUNK).exists()
    assert not (tmp_path / "other" / "coins.parquet").exists()


def test_an_index_that_is_none_costs_nothing_that_is_here(explained, memory, step, kept):
    step(explained.root, memory)
    whole = kept(explained.root)
    memory.write(INDEX, b"{}")
    step(explained.root, memory)
    assert kept(explained.root) == whole
    assert audit(memory) == []


@pytest.mark.parametrize("folder", ["training/checkpoints", "explanations/abc", "explanations", "sanity"])
def test_no_marker_replaces_a_folder_that_bears_none_of_ours(folder, explained, memory, step, kept):
    step(explained.root, memory)
    whole = kept(explained.root)
    memory.write(f"{folder}/{MARKER}", b'{"files": {}, "facts": {}, "fingerprint": "f"}')
    step(explained.root, memory)
    assert kept(explained.root) == whole


def test_hostile_keys_write_nothing_outside(explained, remote, step, put_beneath, tmp_path):
    step(explained.root, remote)
    key = remote.root.split("/", 1)[1]
    content = (explained.root / CHUNK / "maps.parquet").read_bytes()
    marker = json.dumps(
        {
            "files": {
                "x": {
                    "bytes": len(content),
                    "sha256": describe(explained.root / CHUNK / "maps.parquet")["sha256"],
                }
            }
        }
    ).encode()
    for folder in ("../../evil", "explanations/../../../evil", "/evil", ".unfinished-evil", ".store/evil"):
        put_beneath(f"{key}/{folder}/x", content)
        put_beneath(f"{key}/{folder}/{MARKER}", marker)
    home = tmp_path / "machine" / "runs" / "run"
    step(home, remote, copy="another copy")
    assert list((tmp_path / "machine").rglob("*evil*")) == []


def test_a_copy_that_was_left_behind_becomes_what_the_store_holds(explained, memory, step, kept, tmp_path):
    behind = tmp_path / "behind"
    step(explained.root, memory)
    step(behind, memory, copy="another copy")
    (behind / "training/checkpoints/0009.pt").write_bytes(b"made here and never sent")
    explained.metrics.write_bytes(b"epoch,loss\n1,2\n2,1\n")
    step(explained.root, memory)
    step(behind, memory, copy="another copy")
    assert kept(behind) == kept(explained.root)


def test_what_a_killed_process_had_not_sent_is_sent_by_the_next_one(explained, memory, step, kept, tmp_path):
    step(explained.root, memory)
    (explained.checkpoints / "0002.pt").write_bytes(b"newer weights")
    explained.metrics.write_bytes(b"epoch,loss\n1,2\n2,1\n")
    whole = kept(explained.root)
    step(explained.root, memory)
    assert kept(explained.root) == whole
    step(tmp_path / "other", memory, copy="another copy")
    assert kept(tmp_path / "other") == whole


def test_a_run_of_something_else_is_refused_and_nothing_is_touched(explained, memory, step, tmp_path):
    step(explained.root, memory)
    other = tmp_path / "other"
    other.mkdir()
    (other / "run.json").write_text("of something else")
    (other / "notes.txt").write_text("mine")
    for work in (lambda: step(other, memory, copy="another copy"), lambda: bring_record(other, memory)):
        with pytest.raises(RunMismatchError, match="is a run of something else"):
            work()
    assert sorted(path.name for path in other.iterdir()) == ["notes.txt", "run.json"]


def test_what_a_run_is_of_can_be_known_before_the_rest(explained, memory, step, tmp_path):
    bring_record(tmp_path / "other", memory)
    assert not (tmp_path / "other").exists()
    step(explained.root, memory)
    bring_record(tmp_path / "other", memory)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["run.json"]


def test_nothing_that_is_logged_names_a_secret(explained, remote, step, caplog, tmp_path):
    with caplog.at_level(logging.DEBUG, logger="storage"):
        step(explained.root, remote)
        flip(remote, f"{CHUNK}/maps.parquet")
        step(tmp_path / "other", remote, copy="another copy")
    assert "a-secret-of-the-tests" not in caplog.text
    for path in [*(tmp_path / "other").rglob("*"), *explained.root.rglob("*")]:
        if path.is_file():
            assert b"a-secret-of-the-tests" not in path.read_bytes()
