import dataclasses

import numpy as np
import pytest

from coin_xai.mint.flan import body, cast_flan

LINE = np.linspace(-1.2, 1.2, 241, dtype=np.float32)
FLANS = [cast_flan(0, number, rotation_spread_deg=5.0) for number in range(1, 61)]


def test_flans_are_irregular_and_fit_their_bounds():
    shares = []
    for flan in FLANS:
        inside = flan.depth(LINE[None, :], LINE[:, None]) > 0
        rows, columns = inside.any(axis=1), inside.any(axis=0)
        left, upper, right, lower = flan.bounds
        found = (LINE[columns][0], LINE[rows][0], LINE[columns][-1], LINE[rows][-1])
        np.testing.assert_allclose(found, (left, upper, right, lower), atol=0.03)
        shares.append(inside.mean() * 2.4**2 / np.pi)
        assert flan.outline.max() <= 1.0001
    assert 0.5 < min(shares) < max(shares) < 1
    assert np.std(shares) > 0.03


def test_cracks_only_take_away():
    assert all((flan.outline <= flan.uncracked + 1e-6).all() for flan in FLANS)
    assert 5 < sum((flan.outline < flan.uncracked - 0.02).any() for flan in FLANS) < 55


def test_the_die_is_larger_than_the_flan_and_off_centre():
    assert all(flan.die_ratio > 1 for flan in FLANS)
    assert 0.05 < np.mean([np.hypot(*flan.die_offset) for flan in FLANS]) < 0.2


def test_coordinates_go_to_the_die_and_back():
    x, y = np.meshgrid(LINE, LINE)
    for flan in FLANS[:5]:
        back = flan.from_die(*flan.to_die(x, y))
        np.testing.assert_allclose(back, (x, y), atol=1e-5)


def test_positive_rotation_is_counter_clockwise():
    flan = cast_flan(0, 1, rotation_spread_deg=5.0)
    tip = flan.from_die(np.ones(1, dtype=np.float32), np.zeros(1, dtype=np.float32))
    up = flan.die_offset[1] - float(tip[1][0])
    right = float(tip[0][0]) - flan.die_offset[0]
    assert np.rad2deg(np.arctan2(up, right)) == pytest.approx(flan.rotation_deg, abs=1e-3)


def test_no_spread_no_rotation():
    assert cast_flan(0, 9, rotation_spread_deg=0.0).rotation_deg == 0


@pytest.mark.parametrize("flan", FLANS[:6], ids=range(1, 7))
def test_edge_falls_away(flan):
    flat = dataclasses.replace(flan, dish=0.0)
    x, y = LINE[None, :], LINE[:, None]
    depth = flat.depth(x, y)
    height = body(np.random.default_rng(0), flat, depth=depth, radius=np.hypot(x, y))
    inner, edge = height[(depth > 0.1) & (depth < 0.15)], height[np.abs(depth) < 0.01]
    assert inner.mean() - edge.mean() > 0.3 * flat.edge_width
