import numpy as np
import pytest
import torch
from torchvision.transforms import RandomResizedCrop
from torchvision.transforms.v2 import functional as transforms

from coin_xai.deepcluster.augmentation import _random_box, augment
from coin_xai.deepcluster.options import Augmentation

STILL = Augmentation(crop_scale_min=1, flip=False, rotation_deg=0)


def photograph(height=256, width=256):
    rows, columns = np.mgrid[:height, :width]
    picture = np.stack([columns * 255 // width, rows * 255 // height, np.zeros_like(rows)], axis=2)
    return np.ascontiguousarray(picture, dtype=np.uint8)


def view(options, *, seed=0, source=None, size_px=64):
    source = photograph() if source is None else source
    return augment(source, options, size_px=size_px, generator=np.random.default_rng(seed))


def test_without_variation_it_is_the_resized_photograph():
    found = view(STILL)
    assert found.shape == (3, 64, 64)
    assert found.dtype == np.uint8
    expected = (np.arange(64) + 0.5) * 4 * 255 / 256
    np.testing.assert_allclose(found[0, 10], expected, atol=2)
    np.testing.assert_allclose(found[1, :, 10], expected, atol=2)


def test_mirrors_about_half_of_the_time_when_asked():
    options = Augmentation(crop_scale_min=1, flip=True, rotation_deg=0)
    mirrored = [view(options, seed=seed)[0, 0, 0] > 128 for seed in range(60)]
    assert 15 < sum(mirrored) < 45
    assert not any(view(STILL, seed=seed)[0, 0, 0] > 128 for seed in range(20))


def test_turns_no_further_than_asked():
    options = Augmentation(crop_scale_min=1, flip=False, rotation_deg=30)
    angles = []
    for seed in range(40):
        red = view(options, seed=seed)[0].astype(float)
        down, right = np.gradient(red[16:48, 16:48])  # away from the continued border
        angles.append(np.degrees(np.arctan2(down.mean(), right.mean())))
    assert 20 < np.abs(angles).max() <= 30.5
    assert min(angles) < -10 < 10 < max(angles)


@pytest.mark.parametrize(("height", "width"), [(256, 256), (256, 400), (400, 256)])
def test_crops_keep_at_least_the_smallest_area(height, width):
    options = Augmentation(crop_scale_min=0.25, flip=False, rotation_deg=0)
    source = photograph(height, width)
    areas = []
    for seed in range(100):
        found = view(options, seed=seed, source=source).astype(float)
        spans = found[0].max() - found[0].min(), found[1].max() - found[1].min()
        areas.append(spans[0] / 255 * spans[1] / 255)
    assert min(areas) > 0.22
    assert max(areas) > 0.6


def test_the_same_generator_gives_the_same_view():
    options = Augmentation()
    np.testing.assert_array_equal(view(options, seed=7), view(options, seed=7))
    assert not np.array_equal(view(options, seed=7), view(options, seed=8))


def test_a_read_only_photograph_will_do():
    source = photograph()
    source.flags.writeable = False  # as in a memory-mapped array
    view(Augmentation(), source=source)


@pytest.mark.parametrize(("height", "width"), [(256, 256), (256, 341), (256, 900)])
def test_crops_are_distributed_as_those_of_torchvision(height, width):
    generator = np.random.default_rng(0)
    options = Augmentation(crop_scale_min=0.08)
    found = np.array([_random_box(height, width, options, generator) for _ in range(4000)])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        picture = torch.empty(3, height, width)
        drawn = [RandomResizedCrop.get_params(picture, (0.08, 1.0), (3 / 4, 4 / 3)) for _ in range(4000)]
    top, left, box_height, box_width = np.array(drawn, dtype=float).T
    for mine, theirs in zip(found.T, (left, top, box_width, box_height), strict=True):
        for share in (0.05, 0.25, 0.5, 0.75, 0.95):
            assert np.quantile(mine, share) == pytest.approx(np.quantile(theirs, share), abs=0.03 * width + 2)


def test_a_view_is_what_torchvision_makes_of_the_same_box():
    rows, columns = np.mgrid[:256, :256] / 20
    waves = 127 + 120 * np.sin(rows)[..., None] * np.cos(columns + np.arange(3)[:, None, None]).transpose(
        1, 2, 0
    )
    source = waves.round().astype(np.uint8)
    options = Augmentation(crop_scale_min=0.3, flip=False, rotation_deg=0)
    left, top, box_width, box_height = _random_box(256, 256, options, np.random.default_rng(5))
    found = view(options, seed=5, source=source, size_px=224)
    expected = transforms.resized_crop(
        torch.from_numpy(source).permute(2, 0, 1),
        round(top),
        round(left),
        round(box_height),
        round(box_width),
        [224, 224],
        antialias=True,
    ).numpy()
    difference = np.abs(found.astype(float) - expected.astype(float))
    assert difference.mean() < 3  # their box is rounded to whole pixels
    assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.997
