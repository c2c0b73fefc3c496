import numpy as np
import pytest

from coin_xai.claims.options import PARTS_MODELS
from coin_xai.claims.parts import (
    BACKGROUND,
    CANTONS,
    CROSS,
    DIAGONAL,
    HORIZONTAL,
    RIM_NAME,
    VERTICAL,
    parts_of,
)
from coin_xai.claims.pose import Pose

SIZE = 128
MIDDLE = (np.indices((SIZE, SIZE)) + 0.5) / SIZE - 0.5


def disc(radius=0.45):
    return (np.hypot(*MIDDLE) < radius).astype(np.float32)


def pose(angle_deg=0.0, radius=0.45):
    return Pose(0.5, 0.5, angle_deg, 0.5, True, radius)


def centre_of(area):
    down, across = ((MIDDLE * area).sum(axis=(1, 2)) / area.sum()).tolist()
    return across, down


def test_the_diagonal_cross_is_as_large_and_as_far_out_as_the_cross():
    areas = parts_of(disc(), pose(), "cross").areas
    assert areas[DIAGONAL].sum() == pytest.approx(areas[CROSS].sum(), rel=0.03)
    distance = np.hypot(*MIDDLE)
    mean = [(areas[name] * distance).sum() / areas[name].sum() for name in (CROSS, DIAGONAL)]
    assert mean[0] == pytest.approx(mean[1], rel=0.03)


def test_cantons_are_in_heraldic_order():
    areas = parts_of(disc(), pose(), "cross").areas
    signs = [tuple(np.sign(centre_of(areas[name])).astype(int)) for name in CANTONS]
    assert signs == [(-1, -1), (1, -1), (-1, 1), (1, 1)]  # across and down


def test_bars_lie_as_their_names_say_and_turn_with_the_coin():
    areas = parts_of(disc(), pose(), "cross").areas
    assert areas[HORIZONTAL][64].sum() > 3 * areas[HORIZONTAL][:, 64].sum()
    turned = parts_of(disc(), pose(30), "cross").areas[HORIZONTAL]
    down, across = np.nonzero(turned)
    # Counter-clockwise as seen: what lies to the right goes up.
    assert down[across > 96].mean() < 54


def test_a_turn_by_half_a_right_angle_makes_the_cross_the_diagonal():
    upright, turned = (parts_of(disc(), pose(angle), "cross").areas for angle in (0, 45))
    np.testing.assert_allclose(upright[DIAGONAL], turned[CROSS], atol=1e-6)


@pytest.mark.parametrize("model", PARTS_MODELS)
def test_nothing_but_the_background_lies_beside_the_coin(model):
    flan = disc()
    areas = parts_of(flan, pose(), model).areas
    for name, area in areas.items():
        beside = (area * (1 - flan)).sum()
        assert beside == ((1 - flan).sum() if name == BACKGROUND else 0), name


def test_what_is_cut_off_the_flan_is_not_visible():
    flan = disc()
    flan[64:, :64] = 0  # without its lower left quarter
    visible = parts_of(flan, pose(), "cross").visible
    assert visible[CANTONS[2]] == 0
    assert visible[CANTONS[0]] == 1
    assert visible[VERTICAL] == pytest.approx(0.75, abs=0.03)


def test_the_rim_goes_round_a_flan_of_any_outline():
    flan = np.zeros((SIZE, SIZE), dtype=np.float32)
    flan[20:100, 30:90] = 1
    rim = parts_of(flan, pose(), "radial").areas[RIM_NAME]
    assert rim[20, 30:90].all()
    assert not rim[60, 50:70].any()


def test_rings_do_not_overlap():
    areas = parts_of(disc(), pose(), "radial").areas
    assert np.sum(list(areas.values()), axis=0).max() == 1
