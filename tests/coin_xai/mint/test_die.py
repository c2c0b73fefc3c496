import numpy as np
import pytest

from coin_xai.mint.die import CANTON_SIDES, cut_die, regions, relief
from coin_xai.mint.formula import CoinType

LINE = np.linspace(-1.2, 1.2, 241, dtype=np.float32)
X, Y = np.meshgrid(LINE, LINE)
TYPE = CoinType("T07", ("", "wheel", "axe", "pellet"), 0.18, 0.1, "beaded")


def test_a_die_is_cut_the_same_way_twice_and_another_differently():
    first, again = relief(cut_die(0, TYPE, number=1), X, Y), relief(cut_die(0, TYPE, number=1), X, Y)
    np.testing.assert_array_equal(first, again)
    other = relief(cut_die(0, TYPE, number=2), X, Y)
    correlation = np.corrcoef(first.ravel(), other.ravel())[0, 1]
    assert 0.6 < correlation < 0.99  # the same design, by another hand
    assert cut_die(0, TYPE, number=2).name == "T07_D2"


def test_symbols_stand_in_their_heraldic_cantons():
    parts = regions(cut_die(0, TYPE, number=1), X, Y)
    for canton, word in enumerate(TYPE.cantons, start=1):
        symbol = parts[f"symbol_{canton}"]
        assert symbol.any() == bool(word)
        if word:
            side_x, side_y = CANTON_SIDES[canton - 1]
            assert (side_x * X[symbol] > 0).all()
            assert (side_y * Y[symbol] > 0).all()
            assert (symbol <= parts[f"canton_{canton}"]).mean() > 0.99


def test_regions_carry_the_relief_and_the_rest_is_field():
    die = cut_die(1, TYPE, number=3)
    height, parts = relief(die, X, Y), regions(die, X, Y)
    for name in ("bar_horizontal", "bar_vertical", "symbol_2", "symbol_3", "symbol_4"):
        assert height[parts[name]].mean() > 0.02, name
    assert height[parts["canton_1"]].max() < 0.01
    assert height.dtype == np.float32


@pytest.mark.parametrize("number", range(1, 6))
def test_bars_have_the_widths_of_the_type(number):
    parts = regions(cut_die(0, TYPE, number=number), X, Y)
    arms = (np.abs(np.abs(LINE) - 0.45) < 0.12).nonzero()[0]
    step = float(LINE[1] - LINE[0])
    assert parts["bar_horizontal"][:, arms].sum(axis=0).mean() * step == pytest.approx(0.18, rel=0.2)
    assert parts["bar_vertical"][arms, :].sum(axis=1).mean() * step == pytest.approx(0.1, rel=0.2)


@pytest.mark.parametrize(("border", "share"), [("none", 0.0), ("line", 1.0), ("beaded", 0.55)])
def test_border_runs_round_or_is_absent(border, share):
    die = cut_die(0, CoinType("T01", ("pellet", "", "", ""), 0.1, 0.1, border), number=1)
    angle = np.linspace(0.15, 1.4, 2000, dtype=np.float32)[None, :]
    height = relief(die, 0.9 * np.cos(angle), 0.9 * np.sin(angle))
    assert (height > 0.025).mean() == pytest.approx(share, abs=0.25)


def test_a_canton_that_lies_outside_the_frame_is_no_error():
    parts = regions(cut_die(0, TYPE, number=1), X[:60, :60], Y[:60, :60])
    assert not parts["symbol_3"].any()
