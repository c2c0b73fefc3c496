import numpy as np
import pytest
import torch

from coin_xai.matching import any_angle
from coin_xai.matching.any_angle import match_at_any_angle
from coin_xai.matching.cut_out import frame_of
from tests.coin_xai.conftest import as_pixels
from tests.coin_xai.matching.test_polar import apart, motif
from tests.stages import Listener

CPU = torch.device("cpu")
KIND = np.repeat(np.arange(3), 8)


@pytest.fixture(scope="module")
def coins():
    turns = np.random.default_rng(3).uniform(0, 360, len(KIND))
    pictures = [
        (255 * motif(10 + kind, turn)).astype(np.uint8) for kind, turn in zip(KIND, turns, strict=True)
    ]
    pixels = as_pixels([np.repeat(one[..., None], 3, axis=2) for one in pictures])
    return pixels, [frame_of(pixels[one], centre_crop=1.0) for one in range(len(pixels))], turns


def test_coins_of_a_kind_match_at_any_angle_and_are_turned_alike(coins):
    pixels, frames, turns = coins
    listener = Listener()
    found = match_at_any_angle(pixels, frames, count=5, device=CPU, stage=listener.stage)
    assert listener.names == ["look around", "describe all turns", "compare roughly", "compare all turns"]
    assert (KIND[found.neighbours] == KIND[:, None]).mean() > 0.95
    stands = turns + found.turn_deg
    for kind in range(3):
        own = stands[kind == KIND]
        # A turn is found to a sixteenth of a circle, and each kind stands as it likes.
        assert np.median(apart(own, own[0])) <= 360 / any_angle.TURNS


def test_fewer_candidates_are_those_that_are_roughly_most_alike(coins, monkeypatch):
    pixels, frames, _ = coins
    monkeypatch.setattr(any_angle, "CANDIDATES", 8)
    found = match_at_any_angle(pixels, frames, count=5, device=CPU)
    assert (KIND[found.neighbours] == KIND[:, None]).mean() > 0.9


@pytest.mark.gpu
def test_a_gpu_finds_the_same(coins):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    pixels, frames, _ = coins
    found, expected = (
        match_at_any_angle(pixels, frames, count=5, device=torch.device(name)) for name in ("cuda", "cpu")
    )
    # Where two are equally alike up to rounding, either may come first.
    assert (np.sort(found.neighbours) == np.sort(expected.neighbours)).mean() > 0.95


def test_of_two_coins_each_is_the_others_neighbour(coins):
    pixels, frames, _ = coins
    found = match_at_any_angle(pixels, frames[:2], count=5, device=CPU)
    assert found.neighbours.tolist() == [[1], [0]]
