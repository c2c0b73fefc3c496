import shutil

import numpy as np
import pytest

from coin_xai.matching.aligned import Aligned
from storage.layout import RunLayout
from tasks.collection import open_pixels, training_of, usable_coins
from tasks.photographs.cut_outs import keep_cut_outs, read_cut_outs
from tasks.photographs.frames import read_frames
from tasks.photographs.outlines import open_shown


@pytest.fixture
def run(explained_run, tmp_path):
    return RunLayout(
        shutil.copytree(explained_run.layout.root.parent, tmp_path / "runs", symlinks=True) / "test"
    )


def cut_now(run, coins):
    """What a network is shown, cut out of the photographs now."""
    return Aligned(open_pixels(run, coins), read_frames(run, coins))


def test_what_training_left_is_what_would_be_cut_out_now(explained_run):
    run = explained_run.layout
    some = usable_coins(run).iloc[[5, 0, 3]]
    assert read_cut_outs(run, some) is not None
    shown, expected = open_shown(run, some, training_of(run)), cut_now(run, some)
    for position in range(len(some)):
        np.testing.assert_array_equal(shown[position], expected[position])


@pytest.mark.parametrize("fault", ["gone", "cut short", "of other coins", "other values", "would run code"])
def test_what_cannot_be_read_is_cut_out_again_and_is_the_same(run, fault):
    coins, before = usable_coins(run), run.cut_outs.read_bytes()
    if fault == "gone":
        run.cut_outs.unlink()
    elif fault == "cut short":
        run.cut_outs.write_bytes(before[:-100])
    elif fault == "of other coins":
        np.save(run.cut_outs, np.zeros((3, 128, 128), np.uint8))
    elif fault == "other values":
        np.save(run.cut_outs, np.zeros((len(coins), 128, 128), np.float32))
    else:
        np.save(run.cut_outs, np.array([print] * len(coins), dtype=object), allow_pickle=True)
    assert read_cut_outs(run, coins) is None
    shown = open_shown(run, coins, training_of(run))
    np.testing.assert_array_equal(shown[2], cut_now(run, coins)[2])
    keep_cut_outs(run, cut_now(run, coins))
    assert run.cut_outs.read_bytes() == before
    assert [file.name for file in run.root.iterdir() if "tmp" in file.name] == []
