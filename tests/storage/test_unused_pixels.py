import os

import numpy as np
import pandas as pd
import pytest

from storage import runs
from storage.errors import DamagedError, NoSpaceError, RunBusyError
from storage.layout import collection_file, pixels_folder
from storage.pixel_cache import DATA, INDEX, PixelCache, alone, damages, read_pixels
from storage.unused_pixels import caches, drop_unused, old_collections, unused, used

KEY = "png-1"
NOW = 1_800_000_000.0
BYTES = 10 * 12 * 3

DROPS = """
from storage.pixel_cache import alone
from storage.unused_pixels import drop_unused

def work(cache):
    with alone(cache):
        begin()
        drop_unused(cache, {"sha2", "sha8"})
"""

READ_ON = """
import sys
from pathlib import Path
from storage.pixel_cache import read_pixels

print("reading", flush=True)
rounds = 0
while not (Path(sys.argv[1]).parent / "enough").exists():
    data, (start,), (height,), (width,) = read_pixels(Path(sys.argv[1]), ["sha8"])
    assert (data[start : start + height * width * 3] == 8).all()
    rounds += 1
print(rounds, flush=True)
"""


@pytest.fixture
def cache(tmp_path):
    """A cache of nine photographs, each of one grey of its number."""
    folder = pixels_folder(tmp_path, KEY)
    append(folder, range(9))
    return folder


def append(folder, numbers):
    with PixelCache.open(folder) as cache:
        for number in numbers:
            cache.append(f"sha{number}", np.full((10, 12, 3), number, np.uint8), format="PNG")


def begin(tmp_path, name, numbers, key=KEY):
    layout = runs.begin(tmp_path, name, identity={"pixels": key})
    table([f"sha{number}" for number in numbers], layout.coins)
    return layout


def table(sha256s, file, *, days=0.0):
    file.parent.mkdir(exist_ok=True)
    pd.DataFrame({"coin_id": range(len(sha256s) + 1), "sha256": [*sha256s, None]}).to_parquet(file)
    os.utime(file, (NOW - days * 86_400,) * 2)


def drop(folder, in_use):
    with alone(folder):
        drop_unused(folder, in_use)


def require(folder, numbers):
    data, offset, height, width = read_pixels(folder, [f"sha{number}" for number in numbers])
    for number, start, h, w in zip(numbers, offset, height, width, strict=True):
        assert (data[start : start + h * w * 3] == number).all()
    assert damages(folder) == []


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_a_run_lists_is_in_use_and_broken_photographs_are_none(cache, tmp_path):
    begin(tmp_path, "one", [0, 1])
    begin(tmp_path, "two", [1, 5])
    assert used(cache, tmp_path, NOW) == {"sha0", "sha1", "sha5"}


def test_a_run_of_photographs_that_were_decoded_otherwise_uses_others(cache, tmp_path):
    begin(tmp_path, "one", [0])
    begin(tmp_path, "other", [1], key="png-2")
    assert used(cache, tmp_path, NOW) == {"sha0"}
    append(pixels_folder(tmp_path, "png-2"), [1])
    assert caches(tmp_path) == [cache, pixels_folder(tmp_path, "png-2")]


def test_a_run_that_has_just_begun_has_no_table_and_its_collection_is_young(cache, tmp_path):
    runs.begin(tmp_path, "begun", identity={"pixels": KEY})
    young, old = collection_file(tmp_path, "young"), collection_file(tmp_path, "old")
    table(["sha3"], young, days=0.5)
    table(["sha4"], old, days=2)
    assert used(cache, tmp_path, NOW - 86_400) == {"sha3"}
    assert old_collections(tmp_path, NOW - 86_400) == [old]


@pytest.mark.parametrize("damaged", ["table", "record"])
def test_a_run_that_does_not_tell_its_photographs_lets_none_go(cache, tmp_path, damaged):
    layout = begin(tmp_path, "one", [0])
    (layout.coins if damaged == "table" else layout.record).write_text("{}")
    with pytest.raises(DamagedError, match=r"(coins\.parquet|run\.json) cannot be read"):
        used(cache, tmp_path, NOW)


def test_a_place_without_caches_and_collections_has_none(tmp_path):
    assert caches(tmp_path) == []
    assert old_collections(tmp_path, NOW) == []


def test_what_is_not_in_use_is_counted_and_goes(cache):
    in_use = {"sha1", "sha7", "sha8"}
    assert unused(cache, in_use) == (6, 6 * BYTES)
    drop(cache, in_use)
    assert (cache / "pixels-1.bin").stat().st_size == 3 * BYTES
    assert names(cache) == [INDEX, "pixels-1.bin", "pixels.lock"]
    require(cache, [8, 1, 7])
    assert unused(cache, in_use) == (0, 0)
    assert pd.read_parquet(cache / INDEX)["format"].tolist() == ["PNG"] * 3


def test_what_is_all_in_use_stays_as_it_is(cache):
    before = {path.name: path.stat().st_ino for path in cache.iterdir()}
    drop(cache, {f"sha{number}" for number in range(20)})
    assert {path.name: path.stat().st_ino for path in cache.iterdir()} == before


def test_where_nothing_is_in_use_nothing_stays_and_the_next_one_begins_anew(cache):
    drop(cache, {"sha1"})
    assert unused(cache, set()) == (1, BYTES)
    drop(cache, set())
    assert names(cache) == ["pixels.lock"]
    append(cache, [3])
    require(cache, [3])
    assert (cache / DATA).stat().st_size == BYTES


def test_more_is_appended_and_dropped_again(cache):
    drop(cache, {"sha1", "sha7"})
    append(cache, [20, 21])
    require(cache, [21, 1, 7, 20])
    with PixelCache.open(cache) as opened:
        for number in (7, 20):
            assert (opened.read(opened.lookup(f"sha{number}")) == number).all()
    drop(cache, {"sha7", "sha21"})
    assert names(cache) == [INDEX, "pixels-2.bin", "pixels.lock"]
    append(cache, [30])
    require(cache, [21, 7, 30])


def test_who_has_the_pixels_mapped_keeps_them(cache):
    data, (start,), _, _ = read_pixels(cache, ["sha0"])
    drop(cache, {"sha8"})
    append(cache, range(40, 60))
    assert (data[start : start + BYTES] == 0).all()


def test_who_reads_while_others_are_dropped_finds_its_own(cache, start):
    reader = start(READ_ON, cache)
    assert reader.stdout.readline() == "reading\n"
    for number in range(100, 120):
        append(cache, [number])
        drop(cache, {"sha8"})
    (cache.parent / "enough").touch()
    assert int(reader.stdout.readline()) > 0
    assert reader.wait() == 0


def test_who_read_the_index_before_reads_it_again(cache, monkeypatch):
    from storage import pixel_cache

    read, dropped = pixel_cache.read_index, []

    def read_then_drop(folder):
        index = read(folder)
        if not dropped:
            dropped.append(True)
            monkeypatch.setattr(pixel_cache, "read_index", read)
            drop(cache, {"sha7", "sha8"})
        return index

    monkeypatch.setattr(pixel_cache, "read_index", read_then_drop)
    require(cache, [8, 7])
    assert dropped


def test_killed_at_any_change_the_cache_is_whole_and_the_next_one_ends_it(cache, kill_at_each_change):
    def check(copy):
        require(copy, [8, 2])
        drop(copy, {"sha2", "sha8"})
        assert names(copy) == [INDEX, "pixels-1.bin", "pixels.lock"]
        require(copy, [8, 2])

    # Data and index are renamed, and each time a temporary name is removed that is not there any more.
    assert kill_at_each_change(DROPS, cache, check) == 2 + 2 + 1


def test_while_a_study_ingests_it_is_busy(cache):
    with PixelCache.open(cache), pytest.raises(RunBusyError), alone(cache):
        pass


def test_a_disk_without_room_for_a_copy_keeps_all(small_disk, fill):
    append(small_disk, range(9))
    fill(small_disk, leave=0)
    with pytest.raises(NoSpaceError):
        drop(small_disk, {f"sha{number}" for number in range(8)})
    (small_disk / "filling").unlink()
    require(small_disk, range(9))
