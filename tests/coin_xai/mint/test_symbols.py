import itertools

import numpy as np
import pytest
from scipy.ndimage import label

from coin_xai.mint.symbols import SYMBOLS

LINE = np.linspace(-1.4, 1.4, 141, dtype=np.float32)
X, Y = np.meshgrid(LINE, LINE)


@pytest.mark.parametrize("word", SYMBOLS)
def test_is_a_relief_within_its_circle(word):
    height = SYMBOLS[word](X, Y)
    assert height.dtype == np.float32
    assert height.min() == 0
    assert 0.7 < height.max() <= 1
    assert (height[np.hypot(X, Y) > 1.15] == 0).all()
    assert 0.12 < (height > 0).mean() / (np.hypot(X, Y) < 1).mean() < 0.8


@pytest.mark.parametrize("word", SYMBOLS)
def test_has_rounded_shoulders_not_flat_icons(word):
    height = SYMBOLS[word](X, Y)
    rising = (height > 0.05) & (height < 0.95)
    assert rising.sum() > 0.3 * (height > 0.05).sum()


def test_no_two_look_alike():
    heights = {word: symbol(X, Y) for word, symbol in SYMBOLS.items()}
    for first, second in itertools.combinations(heights, 2):
        assert np.corrcoef(heights[first].ravel(), heights[second].ravel())[0, 1] < 0.9, (first, second)


@pytest.mark.parametrize(
    ("word", "pieces", "holes"),
    [
        ("pellet", 1, 0),
        ("three pellets", 3, 0),
        ("annulet", 1, 1),
        ("wheel", 1, 4),
        ("pretzel", 1, 4),
        ("crescent", 1, 0),
        ("axe", 1, 0),
        ("flower", 6, 0),
        ("volute", 1, 0),
    ],
)
def test_pieces_and_holes_are_those_of_the_thing(word, pieces, holes):
    solid = SYMBOLS[word](X, Y) > 0
    assert label(solid)[1] == pieces
    assert label(~solid)[1] - 1 == holes
