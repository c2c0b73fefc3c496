import numpy as np
import pytest

from coin_xai.mint.background import BACKGROUNDS, draw_tone, lay_out, shadow


@pytest.mark.parametrize("kind", BACKGROUNDS)
def test_has_its_tone_and_no_darkness_below_zero(kind):
    generator = np.random.default_rng(0)
    tone = draw_tone(generator, kind)
    ground = lay_out(generator, kind, (120, 150), tone=tone, light_angle_deg=90.0)
    assert ground.shape == (120, 150, 3)
    assert ground.dtype == np.float32
    assert ground.min() >= 0
    assert ground[..., 1].mean() == pytest.approx(tone, rel=0.35)


def test_textures_differ_in_strength_as_they_should():
    spread = {}
    for kind in BACKGROUNDS:
        ground = lay_out(np.random.default_rng(1), kind, (160, 160), tone=0.5, light_angle_deg=0.0)[..., 1]
        spread[kind] = np.abs(np.diff(ground, axis=0)).mean() / ground.mean()
    assert max(spread["white paper"], spread["grey gradient"]) < min(
        spread[kind] for kind in ("black velvet", "wood", "cloth", "stone")
    )


@pytest.mark.parametrize(
    ("direction", "dark"), [((-0.6, -0.6, 0.5), "lower right"), ((0.6, 0.6, 0.5), "upper left")]
)
def test_shadow_falls_away_from_the_lamp(direction, dark):
    line = np.linspace(-1.5, 1.5, 151, dtype=np.float32)
    x, y = line[None, :], line[:, None]
    depth = 1 - np.hypot(x, y)
    light = shadow(depth, x, y, direction=direction, softness=0.5)
    ring = (depth < -0.03) & (depth > -0.1)
    upper_left, lower_right = light[ring & (x + y < -1)].mean(), light[ring & (x + y > 1)].mean()
    assert (lower_right < 0.85 * upper_left) if dark == "lower right" else (upper_left < 0.85 * lower_right)
    assert light[0, 0] > 0.95
