import numpy as np
import pytest

from coin_xai.claims.groundwork import Groundwork, flan_in, look
from coin_xai.matching.cut_out import cut_out, frame_of
from coin_xai.mint import Issue, draw_coin
from coin_xai.photographs.square import Square


@pytest.fixture(scope="module")
def coin():
    return draw_coin(Issue(coins=1, types=1, seed=8, wear_highest=0.2), 1).photograph


def test_the_flan_lies_where_coins_are_cut_out(coin):
    frame = frame_of(coin, centre_crop=1.0)
    _, on_coin = cut_out(coin, frame)
    found = flan_in(frame.mask, frame, coin.shape[:2], size_px=128)
    assert np.abs(found - on_coin).mean() < 0.02


def test_beyond_the_photograph_there_is_no_coin():
    mask = np.ones((10, 10), dtype=bool)
    found = flan_in(mask, Square(-50, 0, 100), (100, 100), size_px=64)
    assert not found[:, :30].any()
    assert found[:, 36:].min() > 0.99


def test_a_coin_with_a_cross_has_parts_and_figures(coin):
    grey, flan = cut_out(coin, frame_of(coin, centre_crop=1.0))
    known = look(255 * grey, flan, "cross")
    assert known.parts is not None
    assert np.isfinite([known.angle_deg, known.relief, known.completeness, known.richness]).all()


def test_rings_need_no_cross_that_can_be_read(coin):
    _, flan = cut_out(coin, frame_of(coin, centre_crop=1.0))
    flat = np.full(flan.shape, 100.0)
    assert look(flat, flan, "cross").parts is None
    rings = look(flat, flan, "radial")
    assert rings.parts is not None
    assert np.isnan(rings.angle_deg)


def test_where_no_coin_stands_out_nothing_is_known():
    assert look(np.zeros((128, 128)), None, "cross") == Groundwork()
