import errno

import numpy as np
import pandas as pd
import pytest
import torch

from storage import atomic
from storage.atomic import TEMPORARY, explaining_full_disk, replacing, write_bytes, write_frame
from storage.errors import NoSpaceError
from storage.markers import sweep

WRITE = """
from storage.atomic import write_bytes

def work(number):
    write_bytes(Path(sys.argv[1]) / "deep" / "file", bytes([number % 256]) * 3_000_000)
"""

WRITE_OFTEN = """
import sys
from pathlib import Path
from storage.atomic import write_bytes

print("ready", flush=True)
sys.stdin.readline()
for number in range(60):
    write_bytes(Path(sys.argv[1]), sys.argv[2].encode() * 200_000)
"""

LOTS = pd.DataFrame({"score": np.random.default_rng(0).random(200_000)})


def leftovers(folder):
    return [path for path in folder.rglob("*") if path.name.startswith(TEMPORARY)]


def test_a_killed_writer_leaves_the_file_of_before_or_the_new_one(kill_at_random, tmp_path):
    caught = 0
    for kills in kill_at_random(WRITE, tmp_path):
        file = tmp_path / "deep" / "file"
        content = file.read_bytes() if file.exists() else b"\0" * 3_000_000
        assert content == content[:1] * 3_000_000
        caught += bool(leftovers(tmp_path))
        sweep(tmp_path)
        assert not leftovers(tmp_path)
        if kills >= 12 and caught and file.exists():
            break
    assert file.exists()
    assert caught, "no kill came in the middle of writing"


def test_two_writers_of_one_file_never_mix(start, tmp_path):
    file = tmp_path / "file"
    writers = [start(WRITE_OFTEN, file, sign) for sign in "ab"]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    seen = set()
    while any(writer.poll() is None for writer in writers):
        if file.exists():
            seen.add(file.read_bytes())
    assert [writer.returncode for writer in writers] == [0, 0]
    assert seen <= {b"a" * 200_000, b"b" * 200_000}
    assert not leftovers(tmp_path)


def test_an_error_while_writing_changes_nothing(tmp_path):
    file = tmp_path / "file"
    write_bytes(file, b"before")

    def write_half():
        with replacing(file) as temporary:
            temporary.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert file.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [file]


def test_a_writer_that_wrote_nothing_is_not_taken_for_one_that_did(tmp_path):
    write_bytes(tmp_path / "file", b"before")
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_bytes() == b"before"


def test_the_bytes_are_on_the_disk_before_they_have_the_name(tmp_path, monkeypatch):
    file, synced = tmp_path / "file", []

    def watched(path):
        synced.append((path.name, path.read_bytes() if path.is_file() else None, file.exists()))

    monkeypatch.setattr(atomic, "sync", watched)
    write_bytes(file, b"coins")
    (name, content, had_its_name), after = synced
    assert name.startswith(TEMPORARY)
    assert (content, had_its_name) == (b"coins", False)
    assert after == (tmp_path.name, None, True)


def test_a_table_comes_back_without_an_index(tmp_path):
    frame = pd.DataFrame({"coin_id": ["BN_1_R", "BN_2_R"], "cluster": [3, 1]}, index=[7, 9])
    write_frame(tmp_path / "table.parquet", frame)
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "table.parquet"), frame.reset_index(drop=True), check_exact=True
    )


def test_a_full_disk_leaves_the_table_of_before(small_disk, fill):
    file = small_disk / "table.parquet"
    write_frame(file, LOTS[:1000])
    fill(small_disk, leave=8192)
    with pytest.raises(NoSpaceError, match=r"the disk is full at .*table\.parquet; free some space"):
        write_frame(file, LOTS)
    pd.testing.assert_frame_equal(pd.read_parquet(file), LOTS[:1000])
    assert not leftovers(small_disk)


def write_with_torch(path):
    with path.open("wb") as file:
        torch.save({"weights": torch.zeros(100_000)}, file)


@pytest.mark.parametrize(
    "write",
    [lambda path: path.write_bytes(b"x"), write_with_torch, LOTS.to_parquet],
    ids=["bytes", "torch", "pyarrow"],
)
def test_however_a_library_reports_a_full_disk_it_is_understood(write, tmp_path):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    with pytest.raises(NoSpaceError, match="the disk is full at"), explaining_full_disk(full):
        write(full)


def test_a_used_up_quota_is_a_full_disk(tmp_path):
    with pytest.raises(NoSpaceError), explaining_full_disk(tmp_path):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")


def test_other_errors_stay_what_they_are(tmp_path):
    for error in (RuntimeError("No such cluster"), OSError(errno.EIO, "Input/output error")):
        with pytest.raises(type(error)) as caught, explaining_full_disk(tmp_path):
            raise error
        assert caught.value is error
