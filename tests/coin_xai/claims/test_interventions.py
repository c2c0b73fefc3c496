import numpy as np
import pytest
from scipy import ndimage

from coin_xai.claims.interventions import (
    PHOTOGRAPHIC,
    encoded_again,
    grey,
    other_background,
    transplanted,
    turned,
    without_part,
)
from coin_xai.claims.pose import Pose
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


def pose(across=0.5, down=0.5, angle_deg=0.0, radius=0.4):
    return Pose(across, down, angle_deg, legibility=1.0, legible=True, radius=radius)


def inner(area, depth=6):
    return ndimage.binary_erosion(area > 0, iterations=depth)


@pytest.mark.parametrize(
    ("do", "stands"),
    [
        (lambda picture: picture, pose()),
        (np.rot90, pose(angle_deg=90)),
        (lambda picture: np.roll(picture, (5, -7), axis=(0, 1)), pose(0.5 - 7 / SIZE, 0.5 + 5 / SIZE)),
        (lambda picture: picture - np.minimum(picture, 10), pose()),
    ],
)
def test_the_same_place_of_the_same_design_is_taken_however_it_lies_and_is_lit(do, stands):
    smooth = np.add.outer(np.arange(SIZE), np.arange(SIZE) / 2)[..., None].repeat(3, axis=2)
    picture = (40 + smooth).astype(np.uint8)
    whole = np.ones((SIZE, SIZE), dtype=np.float32)
    found = transplanted(picture, AREA, pose(), do(picture), whole, stands)
    # Places between pixels and levels between whole ones are rounded.
    assert np.abs(found.astype(int) - picture).max() <= 2


def test_a_transplant_is_the_part_of_the_other_coin_and_nothing_else(picture):
    donor = picture[:, ::-1].copy()
    found = transplanted(picture, AREA, pose(), donor, FLAN, pose())
    np.testing.assert_array_equal(found[AREA == 0], picture[AREA == 0])
    inside = inner(AREA)
    change = found.astype(float)[inside] - donor.astype(float)[inside]
    assert np.abs(change - change.mean(axis=0)).max() <= 1  # but for how light it is


def test_where_the_other_coin_ends_nothing_is_taken(picture):
    donor = picture[:, ::-1].copy()
    upper = FLAN * (np.arange(SIZE) < 55)[:, None]
    found = transplanted(picture, AREA, pose(), donor, upper, pose())
    np.testing.assert_array_equal(found[56:], picture[56:])
    assert (found[40:54] != picture[40:54]).any()
    nothing = transplanted(picture, AREA, pose(), donor, 0 * FLAN, pose())
    np.testing.assert_array_equal(nothing, picture)


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
