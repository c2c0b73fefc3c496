import math

import numpy as np
import pytest
from scipy import ndimage

from coin_xai.photographs.quality import MEASURES, Quality, measure, sharpness


def drawn(*, radius=80, ground=255, tone=110, relief=25, side=200, centre=(100, 100), colour=(0, 0, 0)):
    """Return a disc with relief on a plain ground."""
    y, x = np.mgrid[:side, :side]
    inside = np.hypot(y - centre[0], x - centre[1]) < radius
    texture = relief * np.sign(np.sin(x / 4) * np.sin(y / 5))
    grey = np.where(inside, tone + texture, ground)
    picture = np.repeat(grey[..., None], 3, axis=2) + np.where(inside[..., None], colour, 0)
    return np.clip(picture, 0, 255).astype(np.uint8)


def blurred(picture, sigma):
    return ndimage.gaussian_filter(picture, (sigma, sigma, 0))


def test_the_measures_are_the_first_fields_in_their_order():
    assert tuple(Quality.__dataclass_fields__)[: len(MEASURES)] == MEASURES


def test_it_is_told_where_the_coin_lies_and_how_large_it_is():
    found = measure(drawn(radius=60, centre=(80, 120)))
    assert (found.across, found.down) == pytest.approx((0.1, -0.1), abs=0.015)
    assert found.radius == pytest.approx(0.3, abs=0.015)
    wide = np.pad(drawn(radius=60, centre=(80, 120)), ((0, 0), (0, 100), (0, 0)), constant_values=255)
    assert measure(wide).across == pytest.approx(0.1 - 0.25, abs=0.015)


def test_framing_is_the_share_of_the_frame_that_the_coin_covers():
    for radius in (30, 60, 95):
        expected = math.pi * radius**2 / 200**2
        assert measure(drawn(radius=radius)).framing == pytest.approx(expected, abs=0.03)


def test_a_coin_on_a_dark_ground_is_found_as_well_as_one_on_a_light_ground():
    light, dark = measure(drawn()), measure(drawn(ground=5))
    assert dark.framing == pytest.approx(light.framing, abs=0.01)
    assert light.background == pytest.approx(100, abs=0.1)
    assert dark.background < 3


def test_a_bright_rim_on_a_bright_ground_does_not_open_the_coin():
    picture = drawn()
    picture[90:110, 10:60] = 255  # a highlight that runs from the ground into the coin
    assert measure(picture).framing == pytest.approx(measure(drawn()).framing, abs=0.05)


def test_where_no_coin_stands_out_framing_is_unknown_and_the_whole_frame_is_measured():
    found = measure(np.full((100, 120, 3), 200, np.uint8))
    assert all(math.isnan(one) for one in (found.framing, found.across, found.down, found.radius))
    assert found.lightness == pytest.approx(80.6, abs=0.1)
    assert found.sharpness == 0.0


def test_lightness_and_saturation_are_those_of_the_coin_and_not_of_the_ground():
    dark, light = measure(drawn(tone=60)), measure(drawn(tone=170))
    assert light.lightness - dark.lightness > 30
    assert dark.saturation == pytest.approx(0, abs=0.01)
    assert measure(drawn(colour=(60, 20, -40))).saturation > 0.3


def test_sharpness_falls_with_every_blur():
    values = [measure(blurred(drawn(), sigma)).sharpness for sigma in (0, 1, 2, 4)]
    assert values == sorted(values, reverse=True)
    assert values[0] - values[-1] > 0.2


def test_sharpness_does_not_depend_on_contrast_or_lightness():
    grey = drawn()[..., 0].astype(float)
    assert sharpness(0.3 * grey + 40) == pytest.approx(sharpness(grey))


def test_sharpness_is_that_of_its_blurrier_direction():
    grey = drawn()[..., 0].astype(float)
    smeared = ndimage.gaussian_filter1d(grey, 5, axis=0)
    assert sharpness(smeared) < sharpness(grey) - 0.1
    assert sharpness(smeared) == pytest.approx(sharpness(smeared.T))
