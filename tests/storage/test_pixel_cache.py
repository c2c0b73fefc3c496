import re

import numpy as np
import pandas as pd
import pytest

from storage import pixel_cache
from storage.errors import DamagedError, MissingError, NoSpaceError, RunBusyError
from storage.pixel_cache import DATA, INDEX, PixelCache, damages, read_pixels

APPEND = """
import numpy as np
from storage import pixel_cache

pixel_cache.SECONDS_BETWEEN_COMMITS = 0.01

def work(number):
    with pixel_cache.PixelCache.open(Path(sys.argv[1])) as cache:
        while True:
            known = len(cache.rows)
            cache.append(f"{known:064d}", np.full((100, 100 + known % 7, 3), known % 256, dtype=np.uint8))
"""

APPEND_SIX = """
import sys
from pathlib import Path
import numpy as np
from storage import pixel_cache

pixel_cache.SECONDS_BETWEEN_COMMITS = 0.0
with pixel_cache.PixelCache.open(Path(sys.argv[1])) as cache:
    for number in range(5):
        cache.append(f"{number:064d}", np.full((10, 12, 3), number, dtype=np.uint8))
    pixel_cache.SECONDS_BETWEEN_COMMITS = 3600.0
    cache.append(f"{5:064d}", np.full((10, 12, 3), 5, dtype=np.uint8))
    print("appended", flush=True)
    sys.stdin.readline()
"""


def picture(number, height=20, width=30):
    return np.random.default_rng(number).integers(0, 256, (height, width, 3), dtype=np.uint8)


def append(folder, numbers, **shape):
    with PixelCache.open(folder) as cache:
        for number in numbers:
            cache.append(
                f"sha{number}", picture(number, **shape), original_width=1000 + number, format="JPEG"
            )


def arrays(folder, sha256s):
    data, offset, height, width = read_pixels(folder, sha256s)
    return [
        data[start : start + h * w * 3].reshape(h, w, 3)
        for start, h, w in zip(offset, height, width, strict=True)
    ]


def test_arrays_come_back_in_the_order_asked_for(tmp_path):
    append(tmp_path, [0, 1])
    append(tmp_path, [2], height=7, width=5)
    second, last, first = arrays(tmp_path, ["sha1", "sha2", "sha0"])
    np.testing.assert_array_equal(first, picture(0))
    np.testing.assert_array_equal(second, picture(1))
    np.testing.assert_array_equal(last, picture(2, height=7, width=5))


def test_the_data_is_mapped_and_not_read(tmp_path):
    append(tmp_path, [0])
    assert isinstance(read_pixels(tmp_path, ["sha0"])[0], np.memmap)


def test_what_is_known_of_an_array_is_known_to_the_next_process(tmp_path):
    append(tmp_path, [0])
    with PixelCache.open(tmp_path) as cache:
        assert cache.lookup("sha1") is None
        row = cache.lookup("sha0")
        assert (row["height"], row["width"], row["original_width"], row["format"]) == (20, 30, 1000, "JPEG")


def test_a_killed_process_leaves_only_whole_arrays(kill_at_random, tmp_path):
    before = cut = 0
    for kills in kill_at_random(APPEND, tmp_path):
        if not (tmp_path / INDEX).exists():
            continue
        sha256s = pd.read_parquet(tmp_path / INDEX)["sha256"].tolist()
        assert sha256s == [f"{number:064d}" for number in range(len(sha256s))]
        assert len(sha256s) >= before
        for number, array in enumerate(arrays(tmp_path, sha256s[before:]), start=before):
            assert array.shape == (100, 100 + number % 7, 3)
            assert (array == number % 256).all()
        assert damages(tmp_path) == []
        before, ends = len(sha256s), sum(100 * (100 + number % 7) * 3 for number in range(len(sha256s)))
        cut += (tmp_path / DATA).stat().st_size > ends
        if kills >= 10 and cut:
            break
    assert before > 0
    assert cut, "no kill came between data and index"


def test_an_index_that_a_killed_process_half_wrote_is_swept(tmp_path):
    append(tmp_path, [0])
    (tmp_path / f".tmp-0011-{INDEX}").write_bytes(b"half")
    append(tmp_path, [1])
    assert sorted(path.name for path in tmp_path.iterdir()) == [INDEX, DATA, "pixels.lock"]


def test_bytes_that_the_index_does_not_speak_of_are_cut_off_by_the_next(start, tmp_path):
    killed = start(APPEND_SIX, tmp_path)
    assert killed.stdout.readline() == "appended\n"
    killed.kill()
    killed.wait()
    assert (tmp_path / DATA).stat().st_size == 6 * 360
    # Five were committed on the way, so that a long ingest does not begin anew.
    with PixelCache.open(tmp_path) as cache:
        assert (tmp_path / DATA).stat().st_size == 5 * 360
        assert cache.lookup(f"{4:064d}") is not None
        assert cache.lookup(f"{5:064d}") is None
        cache.append("next", picture(9))
    np.testing.assert_array_equal(arrays(tmp_path, ["next"])[0], picture(9))
    assert damages(tmp_path) == []


def test_the_index_is_written_anew_after_half_a_minute_and_not_for_every_array(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(pixel_cache.time, "monotonic", lambda: now[0])
    with PixelCache.open(tmp_path) as cache:
        committed = []
        for number in range(7):
            now[0] += 12.0
            cache.append(f"sha{number}", picture(number))
            committed.append(len(pd.read_parquet(tmp_path / INDEX)) if (tmp_path / INDEX).exists() else 0)
    assert committed == [0, 0, 3, 3, 3, 6, 6]
    assert len(pd.read_parquet(tmp_path / INDEX)) == 7


def test_an_error_keeps_what_was_appended_before_it(tmp_path):
    def fail():
        with PixelCache.open(tmp_path) as cache:
            cache.append("sha0", picture(0))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    np.testing.assert_array_equal(arrays(tmp_path, ["sha0"])[0], picture(0))


def test_only_one_process_appends(start, tmp_path):
    other = start(APPEND_SIX, tmp_path)
    assert other.stdout.readline() == "appended\n"
    with pytest.raises(RunBusyError, match=f"process {other.pid} on"), PixelCache.open(tmp_path):
        pass


def test_a_full_disk_keeps_what_was_committed_before(small_disk, fill):
    append(small_disk, [0, 1])
    fill(small_disk, leave=30_000)
    with pytest.raises(
        NoSpaceError, match=rf"the disk is full at .*({DATA}|{INDEX})".replace(".bin", r"\.bin")
    ):
        append(small_disk, range(2, 50))
    np.testing.assert_array_equal(arrays(small_disk, ["sha1"])[0], picture(1))
    assert damages(small_disk) == []
    (small_disk / "filling").unlink()
    append(small_disk, [2])
    np.testing.assert_array_equal(arrays(small_disk, ["sha2"])[0], picture(2))
    assert damages(small_disk) == []


def test_an_array_that_did_not_fit_leaves_no_trace(small_disk, fill):
    fill(small_disk, leave=100_000)
    with PixelCache.open(small_disk) as cache:
        with pytest.raises(NoSpaceError):
            cache.append("large", picture(0, height=200, width=300))
        cache.append("small", picture(1))
    np.testing.assert_array_equal(arrays(small_disk, ["small"])[0], picture(1))
    assert (small_disk / DATA).stat().st_size == 1800


def test_the_data_is_on_the_disk_before_the_index_speaks_of_it(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(pixel_cache.os, "fsync", lambda _: calls.append("data"))
    monkeypatch.setattr(pixel_cache, "write_frame", lambda *_: calls.append("index"))
    append(tmp_path, [0])
    assert calls == ["data", "index"]


def test_a_bit_that_flipped_is_found(tmp_path):
    append(tmp_path, range(5))
    assert damages(tmp_path) == []
    with (tmp_path / DATA).open("r+b") as file:
        file.seek(2 * 1800 + 700)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 4]))
    told = re.compile(r"pixels\.bin: the pixels of the photograph with SHA-256 sha2 are not those that were")
    (damage,) = damages(tmp_path)
    assert told.search(damage)


def test_no_cache_is_no_damage(tmp_path):
    assert damages(tmp_path) == []


def test_photographs_that_are_not_there_are_counted(tmp_path):
    append(tmp_path, [0])
    with pytest.raises(MissingError, match="lacks the pixels of 2 photographs; run the study on"):
        read_pixels(tmp_path, ["sha0", "sha1", "sha2"])


def test_data_shorter_than_its_index_is_damage_and_what_to_do_is_said(tmp_path):
    append(tmp_path, [0, 1])
    with (tmp_path / DATA).open("r+b") as file:
        file.truncate(3599)
    told = r"pixels\.bin has 3599 bytes, fewer than the 3600 of its index; delete .* and run the study on"
    for look in (
        lambda: read_pixels(tmp_path, ["sha0"]),
        lambda: append(tmp_path, [2]),
        lambda: damages(tmp_path),
    ):
        with pytest.raises(DamagedError, match=told):
            look()
    assert (tmp_path / DATA).stat().st_size == 3599


def test_an_index_that_cannot_be_read_is_named(tmp_path):
    append(tmp_path, [0])
    (tmp_path / INDEX).write_bytes(b"not a table")
    with pytest.raises(DamagedError, match=r"index\.parquet cannot be read \(.*\); delete"):
        read_pixels(tmp_path, ["sha0"])


def test_an_index_without_sums_is_not_guessed_at(tmp_path):
    append(tmp_path, [0])
    pd.read_parquet(tmp_path / INDEX).drop(columns="crc32").to_parquet(tmp_path / INDEX, index=False)
    with pytest.raises(DamagedError, match="was written by an older coin-xai; delete"):
        append(tmp_path, [1])


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((4, 4, 4), np.uint8)]
)
def test_what_is_no_photograph_is_refused(tmp_path, pixels):
    with PixelCache.open(tmp_path) as cache, pytest.raises(ValueError, match="expected H x W x 3 uint8"):
        cache.append("sha", pixels)
