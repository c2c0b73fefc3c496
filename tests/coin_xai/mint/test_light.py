import numpy as np
import pytest

from coin_xai.mint.light import METAL_WEIGHTS, METALS, Light, hollowness, shade, slopes

LINE = np.linspace(-80, 80, 161, dtype=np.float32)
HILL = np.float32(14) * np.exp(-(LINE[None, :] ** 2 + LINE[:, None] ** 2) / np.float32(900))


def _grey(angle_deg, metal=METALS[0]):
    light = Light(angle_deg=angle_deg, elevation_deg=40.0, softness=0.5)
    lit = shade(np.random.default_rng(0), HILL, metal=metal, light=light, polish=0.3, radius_px=80)
    assert lit.dtype == np.float32
    assert np.isfinite(lit).all()
    assert lit.min() >= 0
    return lit.mean(axis=2)


@pytest.mark.parametrize("angle_deg", [0.0, 45.0, 90.0, 200.0])
def test_the_side_towards_the_lamp_is_lit_and_turning_it_turns_the_sign(angle_deg):
    right, down = slopes(HILL)
    angle = np.deg2rad(angle_deg)
    towards = -(right * np.cos(angle) - down * np.sin(angle))
    assert np.corrcoef(towards.ravel(), _grey(angle_deg).ravel())[0, 1] > 0.5
    assert np.corrcoef(towards.ravel(), _grey(angle_deg + 180).ravel())[0, 1] < -0.5


def test_direction_is_a_unit_vector_up_is_minus_y():
    x, y, z = Light(angle_deg=90.0, elevation_deg=30.0, softness=0.5).direction
    assert (x, y, z) == pytest.approx((0.0, -np.sqrt(3) / 2, 0.5), abs=1e-9)


def test_hollows_are_positive_and_tops_negative():
    hollow = hollowness(HILL, radius_px=80)
    assert hollow[80, 80] < 0
    assert hollow[80, 120] > 0


def test_hollows_are_darker_than_flats_under_patina():
    basin = -HILL
    light = Light(angle_deg=90.0, elevation_deg=60.0, softness=1.0)
    lit = shade(np.random.default_rng(0), basin, metal=METALS[1], light=light, polish=0.0, radius_px=80)
    assert lit[76:85, 76:85].mean() < 0.7 * lit[:20].mean()


def test_metals_are_ordered_from_bright_to_dark_and_weighted():
    bright, grey, dark = (_grey(90.0, metal).mean() for metal in METALS[:3])
    assert bright > grey > dark
    assert sum(METAL_WEIGHTS) == pytest.approx(1)
    assert len(METAL_WEIGHTS) == len(METALS)
    for metal in METALS[3:]:  # billon and bronze are brownish
        assert metal.toned[0] > 1.2 * metal.toned[2]
