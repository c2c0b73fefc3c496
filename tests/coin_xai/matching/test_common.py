import numpy as np

from coin_xai.matching.common import without_common


def test_what_all_coins_share_is_taken_off_as_far_as_each_shows_it():
    """Worn coins show a cross faintly: its missing rest must not make them alike."""
    generator = np.random.default_rng(9)
    cross, own = generator.random((16, 16, 9)), generator.normal(size=(12, 16, 16, 9))
    seen = (generator.random((12, 16, 16)) < 0.9).astype(np.float32)
    strength = np.where(np.arange(12) < 6, 0.3, 1.5)
    cells = ((own + strength[:, None, None, None] * cross + 0.2) * seen[..., None]).astype(np.float32)
    down, across = (np.indices((16, 16)) + 0.5) / 8 - 1
    fading = np.clip(1.2 - np.hypot(down, across), 0, 1)
    expected = []
    for one, visible in zip(cells, seen, strict=True):
        level = np.repeat((visible * fading)[..., None], 9, axis=2)
        shared = np.stack([(cross * level).ravel(), level.ravel()], axis=1)
        right = (one * fading[..., None]).ravel()
        expected.append(right - shared @ np.linalg.lstsq(shared, right, rcond=None)[0])
    found = without_common(cells, seen, cross.astype(np.float32))
    np.testing.assert_allclose(found.reshape(12, -1), expected, atol=1e-4)
