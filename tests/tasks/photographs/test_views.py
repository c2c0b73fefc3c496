import signal
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coin_xai.matching import views
from coin_xai.matching.views import FreshViews
from coin_xai.mint import Issue, mint
from storage import runs
from storage.markers import MARKER, UNFINISHED, read_marker
from tasks.photographs.views import KeptViews
from tests.coin_xai.conftest import as_pixels
from tests.processes import started

CHUNK = 4
IDENTITY = {"algorithm": "of-today", "pixels": "256px"}


def collection(count):
    """Return photographs of so many coins, two of them small and one empty, and a table of them."""
    drawn = [coin.photograph for coin in mint(Issue(coins=10, types=2, seed=3, size_px=160))]
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
    return found, turned, kept.looked_at


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
    assert_same((kept.find(pixels, centre_crop=1.0, advance=lambda _: None), fresh[1]), fresh)
    assert kept.looked_at["found"] == 10


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
