import numpy as np
import pytest
import torch
from torch.nn import functional as F

from coin_xai.attribution.formulas.heat import heat


def by_torch(cam, size):
    """Return rectified, enlarged and stretched maps as PyTorch computes them, in float64."""
    positive = torch.from_numpy(cam.astype(np.float64)).clamp(min=0)[None, None]
    enlarged = F.interpolate(positive, size=size, mode="bilinear", align_corners=False)[0, 0].numpy()
    return (enlarged - enlarged.min()) / (enlarged.max() - enlarged.min())


@pytest.mark.parametrize("size", [(37, 37), (224, 224), (20, 30), (13, 11)])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(np.float16, 1e-6), (np.float32, 1e-6), (np.float64, 1e-14)]
)
def test_it_is_what_pytorch_computes_up_to_rounding(size, dtype, tolerance):
    cam = np.random.default_rng(3).normal(size=(13, 11)).astype(dtype)
    found = heat(cam, size)
    assert found.dtype == (np.float64 if dtype == np.float64 else np.float32)
    np.testing.assert_allclose(found, by_torch(cam, size), rtol=0, atol=tolerance)


def test_the_map_is_rectified_then_enlarged_then_stretched():
    cam = np.array([[-4.0, 0.0], [2.0, 8.0]])
    # Rectified first, so the -4 pulls nothing down. Half-pixel centres: 1/4 and 3/4 between neighbours.
    steps = np.array([0.0, 0.25, 0.75, 1.0])
    np.testing.assert_allclose(heat(cam, (4, 4)), steps[:, None] * (2 + 6 * steps) / 8)


@pytest.mark.parametrize("scale", [1e-200, 1e-6, 1.0, 1e6])
def test_it_goes_from_nothing_to_one_however_strong_the_evidence_is(scale):
    found = heat(np.random.default_rng(3).uniform(size=(5, 5)) * scale, (20, 30))
    assert found.shape == (20, 30)
    assert (found.min(), found.max()) == (0, 1)


@pytest.mark.parametrize(("value", "expected"), [(0.0, 0.0), (-3.0, 0.0), (2.0, 1.0)])
def test_a_flat_map_is_all_cold_or_all_hot_and_never_nan(value, expected):
    np.testing.assert_array_equal(heat(np.full((3, 3), value), (6, 6)), np.full((6, 6), expected))
