import numpy as np
import pytest
from PIL import Image

from coin_xai.photographs.square import Square, centre_square_of, cut


def test_the_central_square_is_a_share_of_the_shorter_side():
    assert centre_square_of(60, 100, crop=0.5) == Square(35, 15, 30)


@pytest.mark.parametrize("turn_deg", [0.0, 7.0, -30.0])
def test_places_of_what_is_cut_out_lie_where_they_were_in_the_photograph(turn_deg):
    """A white dot of the cut-out, looked for in the photograph by its place."""
    picture = np.zeros((150, 200, 3), np.uint8)
    picture[58:63, 118:123] = 255
    square = Square(60, 20, 90, turn_deg)
    shown = cut(picture, square, size_px=180)[..., 0].astype(float)
    down, across = ((np.indices(shown.shape) + 0.5) / 180 * shown).sum(axis=(1, 2)) / shown.sum()
    x, y = square.in_photograph(across, down)
    assert (x, y) == pytest.approx((120.5, 60.5), abs=0.5)


def test_what_is_cut_out_is_turned_counter_clockwise():
    picture = np.random.default_rng(1).integers(0, 256, (12, 12, 3), np.uint8).repeat(10, 0).repeat(10, 1)
    turned = np.asarray(Image.fromarray(picture).rotate(20, Image.Resampling.BILINEAR))
    found = cut(picture, Square(30, 30, 60).turned(20), size_px=60).astype(int)
    assert np.abs(found - turned[30:90, 30:90]).mean() < 5
    assert np.abs(found - picture[30:90, 30:90]).mean() > 20


def test_a_square_follows_the_size_of_the_photograph():
    assert Square(10, 20, 30, 5.0).enlarged(2) == Square(20, 40, 60, 5.0)
    moved = Square(10, 20, 40).moved(0.25, -0.5, scale=0.5)
    assert (moved.left, moved.top, moved.side) == (30, 10, 20)


def test_beyond_the_photograph_it_is_black():
    shown = cut(np.full((40, 40, 3), 200, np.uint8), Square(-20, -20, 40), size_px=40)
    assert (shown[:19, :19] == 0).all()
    assert (shown[21:, 21:] == 200).all()
