import numpy as np
import pytest

from coin_xai.mint.surface import Surface, age, wear_down

LINE = np.linspace(-1, 1, 200, dtype=np.float32)
HILLS = np.float32(0.055) * np.clip(np.sin(12 * LINE)[None, :] * np.sin(12 * LINE)[:, None], 0, None)


def test_wear_lowers_and_flattens_steadily():
    worn = [wear_down(HILLS, wear, radius_px=100) for wear in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for measure in (lambda h: h.max(), lambda h: h.std(), lambda h: np.abs(np.diff(h)).mean()):
        assert (np.diff([measure(height) for height in worn]) < 0).all()
    assert worn[0].max() > 0.9 * HILLS.max()
    assert worn[-1].max() < 0.3 * HILLS.max()


def test_high_points_go_first():
    worn = wear_down(HILLS, 0.4, radius_px=100)
    high, low = HILLS > 0.045, (HILLS > 0.01) & (HILLS < 0.02)
    assert worn[high].mean() / HILLS[high].mean() < worn[low].mean() / HILLS[low].mean()


def test_wear_is_the_same_at_another_size():
    small = wear_down(HILLS[::2, ::2], 0.5, radius_px=50)
    np.testing.assert_allclose(small, wear_down(HILLS, 0.5, radius_px=100)[::2, ::2], atol=0.002)


def _roughness(surface):
    flat = np.zeros((200, 180), dtype=np.float32)
    return np.diff(age(np.random.default_rng(0), flat, surface, radius_px=90), axis=1).std()


@pytest.mark.parametrize(
    "rougher",
    [Surface(0.0, 1.0, 0, 0), Surface(0.0, 0.0, 60, 0), Surface(0.0, 0.0, 0, 60)],
    ids=["corrosion", "pits", "scratches"],
)
def test_every_kind_of_damage_roughens(rougher):
    assert _roughness(rougher) > 1.1 * _roughness(Surface(0.0, 0.0, 0, 0))


def test_heights_handed_in_stay_as_they_were():
    flat = np.zeros((64, 64), dtype=np.float32)
    assert age(np.random.default_rng(0), flat, Surface(0.5, 0.5, 9, 9), radius_px=30).dtype == np.float32
    assert not flat.any()
