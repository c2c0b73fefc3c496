import dataclasses

import numpy as np
import pytest

from coin_xai.mint.camera import Camera, expose

PLAIN = Camera(blur_px=0.0, noise=0.0, exposure=1.0, contrast=1.0, warmth=0.0, monochrome=False)
SCENE = np.tile(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], (48, 1, 3))


def _take(**changes):
    return expose(np.random.default_rng(0), SCENE, dataclasses.replace(PLAIN, **changes)).astype(float)


def test_more_light_is_never_darker_and_black_is_black():
    photograph = _take()
    assert photograph.shape == SCENE.shape
    assert (np.diff(photograph[0, :, 0]) >= 0).all()
    assert photograph[0, 0].max() == 0
    assert photograph[0, -1].min() > 235


def test_blur_softens_an_edge():
    edge = np.zeros((32, 32, 3), dtype=np.float32)
    edge[:, 16:] = 0.8
    steps = [
        np.abs(
            np.diff(expose(np.random.default_rng(0), edge, dataclasses.replace(PLAIN, blur_px=b)), axis=1)
        ).max()
        for b in (0.0, 1.0, 3.0)
    ]
    assert steps[0] > steps[1] > steps[2]


@pytest.mark.parametrize("noise", [0.01, 0.04])
def test_noise_has_its_standard_deviation(noise):
    difference = _take(noise=noise) - _take()
    assert difference[:, 20:50].std() / 255 == pytest.approx(noise, rel=0.15)


def test_exposure_contrast_and_warmth_do_what_they_say():
    assert _take(exposure=1.5).mean() > _take().mean()
    assert _take(contrast=1.6).std() > _take().std()
    warm = _take(warmth=1.0)
    assert warm[..., 0].mean() > warm[..., 2].mean() + 5


def test_monochrome_has_no_colour():
    coloured = SCENE * np.array([1.0, 0.7, 0.4], dtype=np.float32)
    grey = expose(np.random.default_rng(0), coloured, dataclasses.replace(PLAIN, monochrome=True, warmth=1.0))
    assert grey.shape == SCENE.shape
    assert (grey == grey[..., :1]).all()
