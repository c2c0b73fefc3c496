import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from coin_xai.matching.cut_out import SIZE_PX
from coin_xai.photographs.square import cut
from storage.layout import file_stem
from tasks.collection import open_pixels, training_of
from tasks.page.pictures import PHOTOGRAPH_PX, TILE_PX, atlas
from tasks.photographs.frames import squares_of


def opened(path):
    with Image.open(path) as picture:
        return picture.convert("RGB")


@pytest.fixture
def coins(explained_run):
    return pd.read_parquet(explained_run.explanation.assignments)


def test_every_coin_has_a_photograph_and_its_gradients(explained_run, coins):
    for coin in coins.to_dict("records"):
        stem = explained_run.explanation.page_pictures(coin["cluster"]) / file_stem(coin["coin_id"])
        assert min(opened(f"{stem}.jpg").size) == PHOTOGRAPH_PX
        for name in ("guided_backpropagation", "guided_grad_cam"):
            assert opened(f"{stem}-{name}.jpg").size == (SIZE_PX, SIZE_PX)  # as many as it has


def test_the_small_photograph_is_the_photograph(explained_run, coins):
    pixels = open_pixels(explained_run.layout, coins)
    coin = coins.iloc[3]
    path = explained_run.explanation.page_pictures(coin["cluster"]) / f"{file_stem(coin['coin_id'])}.jpg"
    small = opened(path)
    original = Image.fromarray(pixels[3]).resize(small.size)
    assert np.abs(np.asarray(small, float) - np.asarray(original, float)).mean() < 5


def test_each_cluster_has_a_mean_photograph_of_what_the_network_saw(explained_run, coins):
    members = coins[coins["cluster"] == coins["cluster"].iloc[0]]
    pixels = open_pixels(explained_run.layout, members)
    training = training_of(explained_run.layout)
    squares = [
        cut(pixels[row], square.enlarged(pixels[row].shape[1]), size_px=PHOTOGRAPH_PX)
        for row, square in enumerate(squares_of(explained_run.layout, members, pixels, training))
    ]
    path = explained_run.explanation.page_pictures(members["cluster"].iloc[0]) / "mean.jpg"
    found = np.asarray(opened(path).convert("L"), float)
    assert np.abs(found - np.mean(squares, axis=(0, 3))).mean() < 3


def test_the_atlas_has_every_photograph_in_its_tile(explained_run, coins):
    pixels = open_pixels(explained_run.layout, coins)
    encoded, side, across = atlas(pixels)
    sheet = Image.open(io.BytesIO(encoded))
    assert (side, across) == (TILE_PX, 4)
    assert sheet.size == (4 * TILE_PX, 4 * TILE_PX)
    for position in (0, 5, 15):
        left, top = position % across * side, position // across * side
        tile = np.asarray(sheet.crop((left, top, left + side, top + side)), float)
        expected = Image.fromarray(pixels[position])
        expected.thumbnail((side, side))
        drop_x, drop_y = (side - expected.width) // 2, (side - expected.height) // 2
        inside = tile[drop_y : drop_y + expected.height, drop_x : drop_x + expected.width]
        assert np.abs(inside - np.asarray(expected, float)).mean() < 8
