import numpy as np
import pytest
from scipy import ndimage

from coin_xai.mint import Issue, mint
from coin_xai.photographs.flan import _mostly, _near, find_whole_flan
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


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 5), (20, 31)])
def test_most_of_nine_pixels_are_what_their_median_is(shape):
    values = np.random.default_rng(shape[1]).random(shape)
    np.testing.assert_array_equal(_mostly(values > 0.5), ndimage.median_filter(values, 3) > 0.5)


@pytest.mark.parametrize("reach", [1, 4, 7])
def test_what_is_near_is_no_farther_by_the_distances_of_scipy(reach):
    marked = np.random.default_rng(reach).random((40, 60)) > 0.97
    np.testing.assert_array_equal(_near(marked, reach), ndimage.distance_transform_edt(~marked) <= reach)
