import numpy as np
import pytest
from scipy import ndimage

from coin_xai.mint import Issue, mint
from coin_xai.photographs import flan as flans
from coin_xai.photographs.flan import find_whole_flan
from tests.coin_xai.photographs.test_quality import drawn


def test_a_disc_is_found_with_its_centre_and_radius():
    flan = find_whole_flan(drawn(radius=50, centre=(80, 120)))
    assert flan.centre == pytest.approx((120.5, 80.5), abs=2)  # across, down
    assert flan.radius == pytest.approx(50, abs=2)
    assert flan.mask.mean() == pytest.approx(np.pi * 50**2 / 200**2, abs=0.02)


def test_drawn_coins_are_found_on_every_background():
    coins = list(mint(Issue(coins=24, types=3, seed=5)))
    found = [find_whole_flan(coin.photograph) for coin in coins]
    off = []
    for coin, flan in zip(coins, found, strict=True):
        if flan is not None:
            size = coin.photograph.shape[1::-1]
            die = np.multiply((coin.truth.centre_x, coin.truth.centre_y), size)
            off.append(np.hypot(*np.subtract(flan.centre, die)) / (coin.truth.flan_radius * min(size)))
    assert len(off) >= 0.8 * len(coins)
    # The die is off the centre of the flan; that much cannot be known from the flan.
    assert np.median(off) < 0.25


@pytest.mark.parametrize("picture", [np.full((90, 120, 3), 128, np.uint8), drawn(radius=4)])
def test_where_nothing_stands_out_there_is_none(picture):
    assert find_whole_flan(picture) is None


def test_what_runs_along_the_border_is_no_whole_coin():
    picture = np.full((200, 200, 3), 255, np.uint8)
    picture[40:160, :150] = 60
    assert find_whole_flan(picture) is None


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 5), (40, 30)])
def test_most_around_a_pixel_differ_where_the_median_does(shape):
    distance = np.random.default_rng(shape[1]).random(shape)
    assert np.array_equal(flans._most_around(distance > 0.5), ndimage.median_filter(distance, 3) > 0.5)
