import collections

import numpy as np
import pytest

from coin_xai.errors import OptionError
from coin_xai.mint import Issue
from coin_xai.mint.plan import plan_coin


def _plans(issue, count):
    return [plan_coin(issue, number) for number in range(1, count + 1)]


def test_types_are_equally_likely():
    counts = collections.Counter(plan.die.coin_type.name for plan in _plans(Issue(types=5), 500))
    assert len(counts) == 5
    assert min(counts.values()) > 70


def test_by_default_collections_know_nothing_of_types():
    plans = _plans(Issue(types=3, collections=3), 450)
    table = collections.Counter((plan.die.coin_type.name, plan.shot.collection) for plan in plans)
    assert len(table) == 9
    assert min(table.values()) > 25


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_confounding_ties_collections_to_types(share):
    plans = _plans(Issue(types=6, collections=3, confounding=share), 400)
    table = collections.Counter((plan.die.coin_type.name, plan.shot.collection) for plan in plans)
    usual = {name: max(n for (t, _), n in table.items() if t == name) for name in {t for t, _ in table}}
    # A tied coin is always in the usual collection of its type, a free one in a third of all cases.
    assert sum(usual.values()) / 400 == pytest.approx(share + (1 - share) / 3, abs=0.09)
    if share == 1.0:
        assert len(table) == 6


def test_dies_repeat_within_types_only():
    plans = _plans(Issue(types=2, dies_per_type=3), 60)
    assert {plan.die.name for plan in plans} == {f"T0{t}_D{d}" for t in (1, 2) for d in (1, 2, 3)}
    first = plans[0]
    assert any(plan.die is first.die for plan in plans[1:])


def test_wear_keeps_to_its_range():
    wear = [plan.surface.wear for plan in _plans(Issue(wear_lowest=0.3, wear_highest=0.4), 60)]
    assert 0.3 <= min(wear) < 0.33
    assert 0.37 < max(wear) <= 0.4


def test_coins_fill_the_frame_and_stay_inside():
    shapes = set()
    for plan in _plans(Issue(collections=4), 120):
        height, width = plan.shot.shape
        shapes.add(plan.shot.shape)
        assert max(height, width) == 320
        left, upper, right, lower = (plan.shot.radius_px * bound for bound in plan.flan.bounds)
        assert 0.68 < max((right - left) / width, (lower - upper) / height) < 0.96
        assert plan.shot.centre_px[0] + left > 0
        assert plan.shot.centre_px[1] + upper > 0
        assert plan.shot.centre_px[0] + right < width
        assert plan.shot.centre_px[1] + lower < height
    assert len(shapes) > 4


def test_lamps_stand_where_the_collection_has_them():
    plans = _plans(Issue(collections=4), 200)
    mean = {
        code: np.mean([plan.shot.light.angle_deg for plan in plans if plan.shot.collection == code])
        for code in ("MA", "MD")
    }
    assert mean["MA"] == pytest.approx(130, abs=8)
    assert mean["MD"] == pytest.approx(50, abs=8)


def test_coins_are_numbered_from_1():
    with pytest.raises(OptionError, match="number=0"):
        plan_coin(Issue(), 0)
