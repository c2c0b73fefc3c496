import numpy as np
import pytest

from coin_xai.claims.interventions import (
    PHOTOGRAPHIC,
    encoded_again,
    grey,
    other_background,
    turned,
    without_part,
)
from coin_xai.mint import Issue, draw_coin
from coin_xai.photographs.pixels import centre_square

SIZE = 128


@pytest.fixture(scope="module")
def picture():
    return centre_square(draw_coin(Issue(coins=1, types=1, seed=2), 1).photograph, size_px=SIZE)


def box(rows, columns):
    area = np.zeros((SIZE, SIZE), dtype=np.float32)
    area[rows, columns] = 1
    return area


FLAN = box(slice(10, 118), slice(10, 118))
AREA = box(slice(40, 70), slice(50, 90))


def hidden(picture):
    return without_part(picture, AREA, FLAN, np.random.default_rng(0))


def test_nothing_is_left_of_what_is_hidden(picture):
    other = picture.copy()
    other[40:70, 50:90] = 255 - other[40:70, 50:90]
    np.testing.assert_array_equal(hidden(picture), hidden(other))


def test_nothing_else_changes(picture):
    found = hidden(picture)
    np.testing.assert_array_equal(found[AREA == 0], picture[AREA == 0])
    assert (found[AREA > 0] != picture[AREA > 0]).mean() > 0.5


def test_what_covers_is_as_light_and_as_rough_as_the_surroundings():
    generator = np.random.default_rng(3)
    noise = np.clip(generator.normal(120, 25, (SIZE, SIZE, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
    noise[40:70, 50:90] = 0
    inside = hidden(noise)[40:70, 50:90].astype(float)
    assert inside.mean() == pytest.approx(120, abs=6)
    assert inside.std() == pytest.approx(25, rel=0.3)


def test_the_same_generator_hides_the_same_way(picture):
    np.testing.assert_array_equal(hidden(picture), hidden(picture))


def test_a_turn_moves_what_is_right_to_the_top(picture):
    np.testing.assert_array_equal(turned(picture)[0], picture[:, -1])


def test_a_coin_keeps_itself_on_another_background(picture):
    donor = np.full_like(picture, 30)
    donor[20:100, 20:100] = 240
    donor_flan = box(slice(20, 100), slice(20, 100))
    found = other_background(picture, FLAN, donor, donor_flan)
    np.testing.assert_array_equal(found[FLAN > 0], picture[FLAN > 0])
    assert np.abs(found[FLAN == 0].astype(int) - 30).max() <= 2  # nothing of the other coin


def test_colour_goes_and_lightness_stays(picture):
    found = grey(picture)
    assert (found == found[..., :1]).all()
    assert found.mean() == pytest.approx((picture @ [0.299, 0.587, 0.114]).mean(), abs=1)


def test_writing_and_reading_again_changes_next_to_nothing(picture):
    found = encoded_again(picture).astype(int)
    assert found.shape == picture.shape
    assert np.abs(found - picture).mean() < 6


def test_each_change_of_the_photograph_changes_it(picture):
    coloured = picture.copy()
    coloured[..., 0] //= 2
    for change in PHOTOGRAPHIC.values():
        found = change(coloured)
        assert found.shape == picture.shape
        assert (found != coloured).mean() > 0.1
