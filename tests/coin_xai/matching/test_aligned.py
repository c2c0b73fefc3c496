import numpy as np
import pytest

from coin_xai.matching.aligned import Aligned
from coin_xai.matching.cut_out import SIZE_PX, cut_out, frame_of
from tests.coin_xai.conftest import as_pixels
from tests.coin_xai.photographs.test_quality import drawn


@pytest.fixture
def photographs():
    return [drawn(radius=40, centre=(90, 120)), drawn(ground=20, radius=60)]


@pytest.fixture
def aligned(photographs):
    return Aligned(as_pixels(photographs), [frame_of(one, centre_crop=1.0) for one in photographs])


def test_a_coin_is_shown_as_its_cells_are_made_of_it(aligned, photographs):
    for position, photograph in enumerate(photographs):
        shown = aligned[position]
        assert shown.shape == (SIZE_PX, SIZE_PX, 3)
        grey, _on_coin = cut_out(photograph, frame_of(photograph, centre_crop=1.0))
        assert np.abs(shown - 255 * grey[..., None]).max() <= 0.5


def test_several_coins_are_cut_out_as_each_alone(aligned):
    """Up to a tone: products of matrices may be rounded otherwise, if they have more rows."""
    together = aligned.cut_outs([1, 0, 1]).astype(int)
    assert np.abs(together - [aligned.cut_out(one) for one in (1, 0, 1)]).max() <= 1
    kept = Aligned(aligned, aligned.frames, cut_out=lambda position: np.full((128, 128), position, np.uint8))
    assert kept.cut_outs(range(2)).max(axis=(1, 2)).tolist() == [0, 1]


def test_nothing_of_the_background_is_left():
    """The same coin before two grounds is nearly the same picture."""
    coins = [drawn(ground=ground, radius=60) for ground in (20, 235)]
    one, other = Aligned(as_pixels(coins), [frame_of(coin, centre_crop=1.0) for coin in coins])
    assert np.abs(one.astype(int) - other).mean() < 6
    assert np.abs(coins[0].astype(int) - coins[1]).mean() > 60


def test_squares_are_all_of_the_coin_whatever_the_crop(aligned):
    numbers = np.array([1, 0])
    whole, cropped = (aligned.centre_squares(numbers, size_px=64, crop=crop) for crop in (1.0, 0.5))
    assert whole.shape == (2, 3, 64, 64)
    assert np.array_equal(whole, cropped)


def test_each_photograph_needs_a_frame(photographs):
    with pytest.raises(ValueError, match="1 frames of 2 photographs"):
        Aligned(as_pixels(photographs), [frame_of(photographs[0], centre_crop=1.0)])
