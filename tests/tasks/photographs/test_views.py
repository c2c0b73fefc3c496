import json
import logging
import shutil
import signal
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coin_xai.matching import views
from coin_xai.matching.views import FreshViews
from coin_xai.mint import Issue, mint
from storage import runs
from storage.layout import RunLayout
from storage.markers import MARKER, UNFINISHED, committing, read_marker
from tasks.photographs import view_orders
from tasks.photographs.views import KeptViews, forget_turned_again
from tests.coin_xai.conftest import as_pixels
from tests.processes import started

CHUNK = 4
IDENTITY = {"algorithm": "of-today", "pixels": "256px"}


@cache
def drawn_coins():
    return [coin.photograph for coin in mint(Issue(coins=10, types=2, seed=3, size_px=160))]


def collection(count):
    """Return photographs of so many coins, two of them small and one empty, and a table of them."""
    drawn = list(drawn_coins())
    drawn[2], drawn[7] = (np.ascontiguousarray(drawn[one][::2, ::2]) for one in (2, 7))
    drawn[5] = np.full((90, 120, 3), 128, np.uint8)  # nothing stands out, so it has no mask
    table = pd.DataFrame({"sha256": [f"photograph {number}" for number in range(count)]})
    return as_pixels(drawn[:count]), table


def look(folder, count, *, name="run", turn_deg=0.0, advance=lambda _: None, **identity):
    """Find the coins of a run and turn them for trial; return what they show, and how many were looked at."""
    pixels, table = collection(count)
    layout = runs.begin(folder, name, identity={**IDENTITY, **identity})
    kept = KeptViews(layout, table)
    found = kept.find(pixels, centre_crop=1.0, advance=advance)
    frames = [frame.turned(turn_deg) for some in found for frame in some.frames]
    turned = kept.turn(pixels, frames, advance=advance)
    return list(found), list(turned), kept.looked_at


def arrays(found, turned):
    """Return everything that coins show as plain arrays, whatever the chunks."""
    frames = [frame for some in found for frame in some.frames]
    masks = [frame.mask for frame in frames]
    plain = [np.array([(frame.left, frame.top, frame.side) for frame in frames])]
    plain += [np.zeros(0) if mask is None else mask for mask in masks]
    plain += [np.concatenate([some.cells for some in part]) for part in (found, turned)]
    return plain + [np.concatenate([some.seen for some in part]) for part in (found, turned)]


def assert_same(one, other):
    for found, expected in zip(arrays(*one), arrays(*other), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(views, "CHUNK", CHUNK)


@pytest.fixture(scope="module")
def fresh():
    """What ten coins show, if nothing is kept."""
    pixels, _table = collection(10)
    found = FreshViews().find(pixels, centre_crop=1.0, advance=lambda _: None)
    frames = [frame for some in found for frame in some.frames]
    return found, FreshViews().turn(pixels, frames, advance=lambda _: None)


@pytest.fixture(scope="module")
def looked_at_before(tmp_path_factory):
    """A run of ten coins that were looked at."""
    folder = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(views, "CHUNK", CHUNK)
        look(folder, 10, name="before")
    return folder


@pytest.fixture
def kept(looked_at_before, tmp_path):
    """A copy of that run, to be spoilt."""
    return shutil.copytree(looked_at_before, tmp_path, dirs_exist_ok=True)


def test_what_is_kept_is_what_coins_show_and_they_are_looked_at_once(tmp_path, fresh):
    told = []
    *first, looked_at = look(tmp_path, 10, advance=told.append)
    assert looked_at == {"found": 10, "turned": 10}
    assert [len(some.frames) for some in first[0]] == [4, 4, 2]
    assert_same(first, fresh)
    *again, looked_at = look(tmp_path, 10, advance=told.append)
    assert looked_at == {"found": 0, "turned": 0}
    assert sum(told) == 2 * 2 * 10
    assert_same(again, fresh)


def test_of_a_collection_that_grows_the_new_coins_alone_are_looked_at(tmp_path, fresh):
    look(tmp_path, 7, name="before")
    *found, looked_at = look(tmp_path, 10, name="grown")
    assert looked_at == {"found": 3, "turned": 3}
    assert_same(found, fresh)


def test_coins_that_lie_elsewhere_or_are_described_otherwise_are_looked_at_again(tmp_path):
    look(tmp_path, 6, name="before")
    assert look(tmp_path, 6, name="turned", turn_deg=3.0)[2] == {"found": 0, "turned": 6}
    assert look(tmp_path, 6, name="tomorrow", algorithm="of-tomorrow")[2] == {"found": 6, "turned": 6}
    assert look(tmp_path, 6, name="larger", pixels="512px")[2] == {"found": 6, "turned": 6}


@pytest.mark.parametrize("own", [True, False])
def test_what_is_damaged_is_looked_at_again(tmp_path, fresh, own):
    look(tmp_path, 10, name="before")
    (damaged,) = (tmp_path / "before/views/turned").glob("000004-*")
    content = (damaged / "cells.npy").read_bytes()
    (damaged / "cells.npy").write_bytes(content[:-100])
    *found, looked_at = look(tmp_path, 10, name="before" if own else "after")
    assert looked_at == {"found": 0, "turned": 4}
    assert_same(found, fresh)


def test_a_run_that_is_removed_meanwhile_costs_a_look(tmp_path, fresh):
    look(tmp_path, 7, name="before")
    pixels, table = collection(10)
    kept = KeptViews(runs.begin(tmp_path, "grown", identity=IDENTITY), table)
    assert len(kept._beside) == 14
    for marker in (tmp_path / "before/views").glob(f"*/*/{MARKER}"):
        marker.unlink()
    assert_same((list(kept.find(pixels, centre_crop=1.0, advance=lambda _: None)), fresh[1]), fresh)
    assert kept.looked_at["found"] == 10


def test_a_run_that_is_removed_just_before_it_is_read_costs_a_look(tmp_path, fresh, monkeypatch):
    look(tmp_path, 7, name="before")
    is_done = view_orders.is_done

    def done_and_gone(folder, work):
        done = is_done(folder, work)
        if folder.is_relative_to(tmp_path / "before") and folder.name.startswith("000004-"):
            shutil.rmtree(folder)
        return done

    monkeypatch.setattr(view_orders, "is_done", done_and_gone)
    *found, looked_at = look(tmp_path, 10, name="grown")
    assert looked_at == {"found": 6, "turned": 6}
    assert_same(found, fresh)
    *again, looked_at = look(tmp_path, 10, name="grown")
    assert looked_at == {"found": 0, "turned": 0}
    assert_same(again, fresh)


def rewrite(folder, change):
    """Finish a chunk of views anew, its marker as good as before, with other arrays."""
    keys = read_marker(folder)["facts"]["keys"]
    loaded = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    with committing(folder, read_marker(folder)["fingerprint"], keys=keys) as temporary:
        for name, array in change(loaded).items():
            np.save(temporary / f"{name}.npy", array)


@pytest.mark.parametrize("own", [True, False])
def test_arrays_that_are_not_what_is_expected_are_made_anew(kept, fresh, own):
    none, other = sorted((kept / "before/views/turned").glob("00000[04]-*"))
    rewrite(none, lambda _: {})
    rewrite(other, lambda loaded: {**loaded, "seen": loaded["seen"][:, :2]})
    *found, looked_at = look(kept, 10, name="before" if own else "after")
    assert looked_at == {"found": 0, "turned": 8}
    assert_same(found, fresh)


ODD_MARKERS = (
    lambda marker: {"files": marker["files"], "facts": marker["facts"]},
    lambda marker: {**marker, "facts": ["keys"]},
    lambda marker: {**marker, "facts": {"keys": [[key] for key in marker["facts"]["keys"]]}},
    lambda marker: {**marker, "facts": {"keys": marker["facts"]["keys"][::-1]}},
    lambda marker: {**marker, "files": {}},
    lambda marker: {**marker, "files": dict.fromkeys(marker["files"])},
)


def test_markers_that_nobody_understands_cost_a_look_and_a_line_in_the_log(kept, fresh, caplog):
    folders = sorted((kept / "before/views").glob("*/*"))
    for folder, odd in zip(folders, ODD_MARKERS, strict=True):
        marker = folder / MARKER
        marker.write_text(json.dumps(odd(json.loads(marker.read_text()))))
    with caplog.at_level(logging.INFO):
        *found, looked_at = look(kept, 10, name="after")
    assert looked_at == {"found": 10, "turned": 10}
    assert [folder for folder in folders if f"{folder} is of no use here: " not in caplog.text] == []
    assert_same(found, fresh)


def test_hidden_files_and_folders_are_not_looked_into(kept, fresh):
    for folder in list((kept / "before/views").glob("*/*")):
        (folder / "._cells.npy").write_bytes(b"\0\5\x16\7")
        shutil.copytree(folder, folder.with_name(f"._{folder.name}"))
        (folder / "cells.npy.txt").write_text("")
    (kept / "before/views/.DS_Store").write_bytes(b"\0")
    (folder,) = (kept / "before/views/turned").glob("000008-*")
    shutil.rmtree(folder)
    *found, looked_at = look(kept, 10, name="after")
    assert looked_at == {"found": 0, "turned": 2}
    assert_same(found, fresh)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux lists open files there")
def test_no_file_stays_open(kept):
    before = len(list(Path("/proc/self/fd").iterdir()))
    chunks = look(kept, 10, name="before")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert [len(some) for some in chunks[:2]] == [3, 3]


def test_coins_are_known_by_the_whole_hash(kept):
    for marker in (kept / "before/views").glob("*/*"):
        assert {len(key) for key in read_marker(marker)["facts"]["keys"]} == {64}


def test_coins_that_were_turned_are_kept_until_the_run_keeps_how_they_stand(tmp_path):
    pixels, table = collection(3)
    layout = runs.begin(tmp_path, "run", identity=IDENTITY)

    def look_at_three_turns(kept):
        (found,) = kept.find(pixels, centre_crop=1.0, advance=lambda _: None)
        for turn_deg in (0, 3, 5):
            frames = [frame.turned(turn_deg) for frame in found.frames]
            kept.turn(pixels, frames, advance=lambda _: None)
        return kept.looked_at

    kept = KeptViews(layout, table)
    for _ in range(2):
        assert look_at_three_turns(kept) == {"found": 3, "turned": 9}
    assert look_at_three_turns(KeptViews(layout, table)) == {"found": 0, "turned": 0}
    forget_turned_again(layout)
    assert [path.parent.name for path in sorted(layout.views.glob("*/*"))] == ["found", "turned"]
    other = KeptViews(runs.begin(tmp_path, "other", identity=IDENTITY), table)
    assert look_at_three_turns(other) == {"found": 0, "turned": 6}
    forget_turned_again(RunLayout(tmp_path / "none"))


PROGRAM = """
import os, signal, sys
from pathlib import Path
from coin_xai.matching import views
from tests.tasks.photographs.test_views import CHUNK, look

folder = Path(sys.argv[1])
views.CHUNK = CHUNK

def die_in_the_second_chunk_of_turned_coins(_count):
    if list(folder.glob("run/views/turned/0*")):
        os.kill(os.getpid(), signal.SIGKILL)

look(folder, 10, advance=die_in_the_second_chunk_of_turned_coins)
"""


@pytest.mark.slow
def test_killed_while_it_looks_it_goes_on_with_the_chunk_it_was_at(tmp_path, fresh):
    root = Path(__file__).parents[3]
    with started([sys.executable, "-c", PROGRAM, tmp_path], cwd=root) as process:
        assert process.wait() == -signal.SIGKILL
    kept = sorted(path.parent for path in tmp_path.glob(f"run/views/*/*/{MARKER}"))
    assert [(path.parent.name, path.name[:6]) for path in kept if not path.name.startswith(UNFINISHED)] == [
        ("found", "000000"),
        ("found", "000004"),
        ("found", "000008"),
        ("turned", "000000"),
    ]
    before = [(read_marker(path), path.stat().st_mtime_ns) for path in kept]
    *found, looked_at = look(tmp_path, 10)
    assert looked_at == {"found": 0, "turned": 6}
    assert [(read_marker(path), path.stat().st_mtime_ns) for path in kept] == before
    assert_same(found, fresh)
