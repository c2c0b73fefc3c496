import numpy as np
import pytest

from coin_xai.mint import Issue, mint
from coin_xai.photographs.background import (
    MASK_CELLS,
    WithoutBackground,
    find_outlines,
    outline_of,
    without_background,
)
from coin_xai.photographs.pixels import Pixels
from tests.coin_xai.photographs.test_quality import drawn

DISC = drawn(radius=60, centre=(90, 110), relief=0)


def area(outline, width, height):
    across, down = (outline * (width, height)).T
    return abs(np.dot(across, np.roll(down, 1)) - np.dot(down, np.roll(across, 1))) / 2


def test_the_outline_of_a_disc_lies_around_it():
    outline = outline_of(DISC)
    assert area(outline, 200, 200) == pytest.approx(np.pi * 60**2, rel=0.1)
    middle = (outline.min(axis=0) + outline.max(axis=0)) / 2
    assert middle * 200 == pytest.approx((110, 90), abs=3)  # across, down


def test_what_is_narrow_beside_a_coin_is_left_out():
    grained = DISC.copy()
    grained[88:92, :110] = DISC[90, 110]  # from the border to the coin
    assert area(outline_of(grained), 200, 200) == pytest.approx(area(outline_of(DISC), 200, 200), rel=0.06)


def test_a_coin_of_which_parts_were_missed_has_no_outline():
    bitten, halved = DISC.copy(), DISC.copy()
    bitten[40:90, 100:180] = DISC[0, 0]
    halved[:95] = DISC[0, 0]
    assert [outline_of(picture) for picture in (bitten, halved, drawn(radius=4))] == [None, None, None]


@pytest.mark.parametrize("size", [(200, 200), (256, 303), (97, 70)])
def test_nothing_beyond_the_outline_is_seen_and_the_coin_stays(size):
    height, width = size
    generator = np.random.default_rng(1)
    photograph, other = generator.integers(0, 256, (2, height, width, 3), dtype=np.uint8)
    angles = np.linspace(0, 2 * np.pi, 41)[:-1]
    outline = (0.5 + 0.35 * np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(np.float32)
    down, across = (np.indices(size) + 0.5) / np.array(size)[:, None, None] - 0.5
    from_centre = np.hypot(across, down)
    coin, middle = from_centre < 0.35 + 1 / MASK_CELLS, from_centre < 0.35 - 3 / MASK_CELLS
    other[coin] = photograph[coin]
    shown = without_background(photograph, outline)
    assert np.array_equal(shown, without_background(other, outline))
    assert np.array_equal(shown[middle], photograph[middle])


def test_around_the_coin_its_own_tone_goes_on_without_an_edge():
    left = abs(without_background(DISC, outline_of(DISC)).astype(int) - int(DISC[90, 110, 0]))
    assert left.max() < 0.15 * (255 - int(DISC[90, 110, 0]))
    assert (left <= 1).mean() > 0.99


def test_photographs_are_changed_as_they_are_read_and_stay_where_nothing_was_found():
    coins = [coin.photograph for coin in mint(Issue(coins=3, types=2, seed=5))]
    coins.append(np.full((90, 120, 3), 128, np.uint8))
    sizes = np.array([photograph.shape[:2] for photograph in coins])
    ends = np.cumsum([photograph.size for photograph in coins])
    flat = np.concatenate([photograph.ravel() for photograph in coins])
    pixels = Pixels(flat, np.r_[0, ends[:-1]], sizes[:, 0], sizes[:, 1])
    counted = []
    outlines = find_outlines(pixels, advance=counted.append)
    shown = WithoutBackground(pixels, outlines)
    assert sum(counted) == len(shown) == 4
    assert np.array_equal(shown[3], coins[3])
    (square,) = shown.centre_squares(np.array([0]), size_px=64)
    (before,) = pixels.centre_squares(np.array([0]), size_px=64)
    assert not np.array_equal(square, before)
    with pytest.raises(ValueError, match="3 outlines of 4 photographs"):
        WithoutBackground(pixels, outlines[:3])
