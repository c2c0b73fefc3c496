import dataclasses

import numpy as np
import pandas as pd
import pytest

from coin_xai.deepcluster.options import TrainingOptions
from coin_xai.matching.cut_out import Frame
from coin_xai.photographs.square import Square
from storage.errors import DamagedError, MissingError
from storage.layout import RunLayout
from tasks.collection import open_pixels, training_of, usable_coins
from tasks.photographs.frames import compared_squares_of, keep_frames, read_frames, squares_of

COINS = pd.DataFrame({"coin_id": ["a", "b"]})
FRAMES = [
    Frame(1.5, -2.0, 80.25, 3.5, mask=np.random.default_rng(1).random((13, 9)) < 0.5),
    Frame(0, 0, 50),
]


@pytest.fixture
def layout(tmp_path):
    layout = RunLayout(tmp_path)
    keep_frames(layout, COINS, FRAMES)
    return layout


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert dataclasses.replace(one, mask=None) == dataclasses.replace(other, mask=None)
        assert (one.mask is None) == (other.mask is None)
        assert one.mask is None or np.array_equal(one.mask, other.mask)


def test_frames_are_kept_as_they_are_and_come_in_the_order_of_the_coins(layout):
    assert_same(read_frames(layout, COINS), FRAMES)
    assert_same(read_frames(layout, COINS[::-1]), FRAMES[::-1])


def test_what_is_kept_stays(layout):
    before = layout.frames.read_bytes()
    keep_frames(layout, COINS, FRAMES[::-1])
    assert layout.frames.read_bytes() == before


def test_a_table_without_a_coin_or_none_at_all_is_refused(layout, tmp_path):
    with pytest.raises(DamagedError, match=r"frames.parquet lacks c; .* finds the coins anew"):
        read_frames(layout, pd.DataFrame({"coin_id": ["a", "c"]}))
    with pytest.raises(MissingError, match="train the run for one more epoch"):
        read_frames(RunLayout(tmp_path / "none"), COINS)


def test_a_run_says_in_which_square_each_coin_was_compared(explained_run, tmp_path):
    layout = explained_run.layout
    coins = usable_coins(layout)[::-1]
    pixels = open_pixels(layout, coins)
    found = compared_squares_of(layout, coins, pixels)
    for square, frame, width in zip(found, read_frames(layout, coins), pixels.width.tolist(), strict=True):
        expected = (frame.left / width, frame.top / width, frame.side / width, frame.turn_deg)
        assert (square.left, square.top, square.side, square.turn_deg) == pytest.approx(expected)
    assert compared_squares_of(RunLayout(tmp_path / "none"), coins, pixels) is None


def test_a_run_says_which_square_its_network_sees(explained_run):
    layout = explained_run.layout
    coins = usable_coins(layout)
    pixels = open_pixels(layout, coins)
    found = squares_of(layout, coins, pixels, training_of(layout))
    for square, frame, width in zip(found, read_frames(layout, coins), pixels.width.tolist(), strict=True):
        assert (square.side, square.turn_deg) == pytest.approx((frame.side / width, frame.turn_deg))
    whole = squares_of(layout, coins, pixels, TrainingOptions(network="alexnet", centre_crop=0.5))
    height, width = int(pixels.height[0]), int(pixels.width[0])
    side = 0.5 * min(height, width)
    expected = Square((width - side) / 2 / width, (height - side) / 2 / width, side / width)
    assert dataclasses.astuple(whole[0]) == pytest.approx(dataclasses.astuple(expected))
