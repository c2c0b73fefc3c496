import numpy as np
import pytest
from scipy.interpolate import BSpline

from coin_xai.mint.noise import _spline, dome, ramp, smooth_curve, smooth_field


@pytest.mark.parametrize(("length", "cells"), [(50, 1), (64, 7), (320, 145)])
def test_spline_weights_are_those_of_scipy(length, cells):
    knots = np.arange(-3, cells + 4, dtype=float)
    position = np.linspace(0.0, cells, length, endpoint=False) + 0.5 * cells / length
    expected = BSpline.design_matrix(position, knots, 3).toarray()
    np.testing.assert_allclose(_spline(length, cells), expected, atol=1e-5)


@pytest.mark.parametrize("cells", [(20, 20), (60, 25)])
def test_field_has_mean_0_and_spread_near_1(cells):
    fields = [smooth_field(np.random.default_rng(i), (160, 120), cells=cells) for i in range(8)]
    assert all(field.dtype == np.float32 and field.shape == (160, 120) for field in fields)
    assert abs(np.mean(fields)) < 0.1
    assert 0.8 < np.std(fields) < 1.2


def test_curve_has_spread_near_1():
    assert 0.85 < np.std([smooth_curve(np.random.default_rng(i), 400, cells=30) for i in range(20)]) < 1.15


def test_ramp_and_dome_rise_from_0_to_1():
    line = np.linspace(-1, 2, 301, dtype=np.float32)
    for rise in (ramp(line, 0.0, 1.0), dome(line, 1.0)):
        assert rise.dtype == np.float32
        assert rise[0] == 0
        assert rise[-1] == pytest.approx(1)
        assert (np.diff(rise) >= 0).all()


def test_ramp_is_symmetric_about_its_middle():
    line = np.linspace(0, 1, 11, dtype=np.float32)
    np.testing.assert_allclose(ramp(line, 0.0, 1.0) + ramp(line, 0.0, 1.0)[::-1], 1, atol=1e-6)
