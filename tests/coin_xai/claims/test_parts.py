import numpy as np
import pytest

from coin_xai.claims.options import BUILT_IN, ClaimsOptions
from coin_xai.claims.parts import (
    BACKGROUND,
    CANTONS,
    CROSS,
    DIAGONAL,
    HORIZONTAL,
    RIM_NAME,
    VERTICAL,
    marked_parts,
    parts_of,
)
from coin_xai.claims.pose import Pose, lying
from coin_xai.errors import OptionError

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


@pytest.mark.parametrize("model", BUILT_IN)
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


def marked(*, left, top, right, bottom):
    area = np.zeros((SIZE, SIZE), dtype=np.float32)
    area[top:bottom, left:right] = 1
    return area


BARS = {
    HORIZONTAL: marked(left=16, top=56, right=112, bottom=72),
    VERTICAL: marked(left=58, top=20, right=70, bottom=108),
}


def test_of_both_bars_that_are_marked_the_cross_is_what_they_cover():
    areas = marked_parts(disc(), lying(disc()), BARS).areas
    np.testing.assert_array_equal(areas[CROSS], np.maximum(*BARS.values()))
    assert CROSS not in marked_parts(disc(), lying(disc()), {HORIZONTAL: BARS[HORIZONTAL]}).areas


def test_what_is_marked_counts_before_what_would_follow_from_other_marks():
    cross, diagonal = (
        marked(left=50, top=50, right=80, bottom=80),
        marked(left=30, top=30, right=40, bottom=40),
    )
    areas = marked_parts(disc(), lying(disc()), {**BARS, CROSS: cross, DIAGONAL: diagonal}).areas
    np.testing.assert_array_equal(areas[CROSS], cross)
    np.testing.assert_array_equal(areas[DIAGONAL], diagonal)


@pytest.mark.parametrize("shift", [(0, 0), (9, -6)])
def test_the_diagonal_is_the_marked_cross_turned_about_the_centre_of_the_flan(shift):
    flan = np.roll(disc(0.4), shift, axis=(0, 1))
    bars = {name: np.roll(area, shift, axis=(0, 1)) for name, area in BARS.items()}
    areas = marked_parts(flan, lying(flan), bars).areas
    assert areas[DIAGONAL].sum() == pytest.approx(areas[CROSS].sum(), rel=0.02)
    middle = MIDDLE - np.array(shift)[:, None, None] / SIZE
    distance = np.hypot(*middle)
    mean = [(areas[name] * distance).sum() / areas[name].sum() for name in (CROSS, DIAGONAL)]
    assert mean[0] == pytest.approx(mean[1], rel=0.02)
    down, across = np.abs(middle[:, (areas[DIAGONAL] > 0.5) & (distance > 0.25)])
    # Away from the centre it lies as far down or up as it does across.
    assert len(down) > 300
    assert np.abs(down - across).max() < 0.13


def test_what_is_marked_beside_the_coin_is_no_part_of_it():
    flan = disc(0.3)
    parts = marked_parts(
        flan,
        lying(flan),
        {
            "legend": marked(left=0, top=60, right=64, bottom=70),
            "label": marked(left=0, top=0, right=9, bottom=9),
        },
    )
    assert {*parts.areas} == {"legend", RIM_NAME, BACKGROUND}
    assert not (parts.areas["legend"] * (1 - flan)).any()
    assert parts.visible["legend"] == pytest.approx(0.6, abs=0.01)


def test_a_table_of_parts_goes_with_parts_of_a_table(tmp_path):
    assert ClaimsOptions(claims="table", parts_table=tmp_path).parts_table == tmp_path
    with pytest.raises(OptionError, match="give one with --parts-table"):
        ClaimsOptions(claims="table")
    for claims in ("cross", None):
        with pytest.raises(OptionError, match="is given, but not asked for"):
            ClaimsOptions(claims=claims, parts_table=tmp_path)
