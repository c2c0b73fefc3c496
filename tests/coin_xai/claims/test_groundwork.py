import numpy as np
import pytest

from coin_xai.claims.groundwork import Groundwork, area_in, flan_in, look, look_at
from coin_xai.claims.parts import CANTONS
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


def test_a_marked_area_lies_where_the_flan_does():
    coin = draw_coin(Issue(coins=1, types=1, seed=8), 1).photograph
    frame = frame_of(coin, centre_crop=1.0).turned(30)
    height, width = coin.shape[:2]
    whole = flan_in(frame.mask, frame, (height, width), size_px=128)
    rows = np.arange(height) * len(frame.mask) // height
    columns = np.arange(width) * frame.mask.shape[1] // width
    share = frame.mask[np.ix_(rows, columns)].astype(np.float32)
    assert np.abs(area_in(share, frame, size_px=128) - whole).mean() < 0.01


def test_of_a_coin_whose_parts_are_marked_is_known_what_needs_no_pose(coin):
    grey, flan = cut_out(coin, frame_of(coin, centre_crop=1.0))
    quarters = dict.fromkeys(CANTONS, np.zeros_like(flan))
    for name, (down, across) in zip(CANTONS, [(0, 0), (0, 64), (64, 0), (64, 64)], strict=True):
        quarters[name] = np.zeros_like(flan)
        quarters[name][down : down + 64, across : across + 64] = 1
    known = look_at(255 * grey, flan, quarters)
    assert known.relief == look(255 * grey, flan, "radial").relief
    assert known.richness >= 1
    assert np.isnan([known.angle_deg, known.completeness]).all()
    three = look_at(255 * grey, flan, {name: quarters[name] for name in CANTONS[:3]})
    assert np.isnan(three.richness)


def test_of_a_coin_that_nobody_has_marked_parts_are_not_known(coin):
    grey, flan = cut_out(coin, frame_of(coin, centre_crop=1.0))
    known = look_at(255 * grey, flan, {})
    assert known.parts is None
    assert known.relief > 0
    assert look_at(grey, None, {"cross": flan}) == Groundwork()
