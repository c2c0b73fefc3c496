import numpy as np
import pytest

from tasks.claims.coins import see_coins
from tasks.collection import training_of, usable_coins


@pytest.fixture(params=["cross", "radial"])
def seen(request, explained_run):
    layout = explained_run.layout
    coins = usable_coins(layout)
    return see_coins(layout, coins, training_of(layout), size_px=128, model=request.param)


def test_every_coin_is_seen_as_the_network_is_shown_it(seen):
    assert seen.squares.shape == (16, 3, 128, 128)
    assert len(seen.groundwork) == len(seen.table) == 16


def test_most_drawn_coins_have_parts_that_lie_on_them(seen):
    known = [one for one in seen.groundwork if one.parts is not None]
    assert len(known) >= 12
    for one in known:
        inside = [area for name, area in one.parts.areas.items() if name != "background"]
        assert (np.max(inside, axis=0) <= one.flan + 1e-6).all()


def test_a_coin_without_parts_has_no_figures(seen):
    for one, relief in zip(seen.groundwork, seen.table["relief"], strict=True):
        assert np.isnan(relief) == (one.parts is None)
