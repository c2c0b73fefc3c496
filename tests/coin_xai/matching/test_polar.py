import numpy as np
import pytest
import torch
from PIL import Image

from coin_xai.matching.polar import (
    FEWEST_PAIRS,
    SECTORS,
    best_angles,
    describe_around,
    share_that_stands,
    transform,
    turns_to_mean,
)


def motif(seed, turn_deg=0.0):
    """A dozen strokes on a disc, turned counter-clockwise."""
    generator = np.random.default_rng(seed)
    down, across = np.mgrid[:128, :128] - 63.5
    picture = np.full((128, 128), 0.5, np.float32)
    for _ in range(12):
        (x, y), angle = generator.uniform(-28, 28, 2), generator.uniform(0, np.pi)
        beside = (across - x) * np.sin(angle) - (down - y) * np.cos(angle)
        along = (across - x) * np.cos(angle) + (down - y) * np.sin(angle)
        picture[(np.abs(beside) < 2) & (np.abs(along) < 14)] = 0.9
    return np.asarray(Image.fromarray(picture).rotate(turn_deg, Image.Resampling.BILINEAR, fillcolor=0.5))


def waves_of(*pictures):
    grey = torch.from_numpy(np.stack(pictures))
    return transform(describe_around(grey, torch.ones_like(grey)))


def apart(one, other):
    """Return how far angles lie apart, in degrees."""
    return np.abs((np.asarray(one) - np.asarray(other) + 180) % 360 - 180)


@pytest.mark.parametrize("turn_deg", [0, 37, 90, 200, 351])
def test_the_angle_of_two_coins_is_found(turn_deg):
    waves = waves_of(motif(1), motif(1, turn_deg), motif(2))
    likeness, angle = best_angles(waves)
    assert apart(angle[1, 0], turn_deg) < 2  # so much the unturned one is to be turned to match
    assert apart(angle[0, 1], -turn_deg) < 2
    assert likeness[0, 1] > likeness[0, 2] + 0.2
    assert likeness.diagonal().numpy() == pytest.approx(1, abs=1e-4)


def test_likeness_at_an_angle_is_the_product_of_what_is_turned():
    """The same without a Fourier transform: one description is moved along its rings, sector by sector."""
    first, second = waves_of(motif(1), motif(3)).permute(1, 0, 2).numpy()
    own, other = (np.fft.irfft(one.astype(np.complex128), n=SECTORS, axis=0) for one in (first, second))
    expected = [(own * np.roll(other, -steps, axis=0)).sum() for steps in range(SECTORS)]
    likeness, angle = best_angles(torch.from_numpy(np.stack([first, second], axis=1)))
    assert float(likeness[0, 1]) == pytest.approx(max(expected), abs=1e-5)
    assert apart(angle[0, 1], 360 / SECTORS * np.argmax(expected)) <= 180 / SECTORS


def test_coins_are_turned_to_agree_with_their_mean():
    turns = np.random.default_rng(4).uniform(0, 360, 20)
    found = turns_to_mean(waves_of(*(motif(5, turn) for turn in turns)))
    left = apart(turns + found, (turns + found)[0])
    assert left.max() <= 2 * 360 / SECTORS  # found to a sector, and the first as well


def test_coins_that_stand_are_told_from_those_that_lie_anyhow():
    generator = np.random.default_rng(6)
    kinds = np.repeat(np.arange(2 * FEWEST_PAIRS), 3)
    upright = waves_of(*(motif(kind, generator.normal(0, 2)) for kind in kinds))
    anyhow = waves_of(*(motif(kind, generator.uniform(0, 360)) for kind in kinds))
    assert share_that_stands(upright) > 0.9
    assert share_that_stands(anyhow) < 0.3
    assert share_that_stands(upright[:, :6]) is None
    # A photograph that is there twice says nothing of how coins lie.
    assert share_that_stands(torch.cat([anyhow[:, ::3], anyhow[:, ::3]], dim=1)) is None
