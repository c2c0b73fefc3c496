import numpy as np
import pytest
import torch

from coin_xai.matching.aligned import Aligned
from coin_xai.matching.backbones import backbone as module
from coin_xai.matching.backbones.backbone import coloured, see_parts
from coin_xai.matching.backbones.load import load_backbone
from coin_xai.matching.cut_out import Frame, frame_of
from tests.coin_xai.conftest import as_pixels

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def aligned(pixels):
    frames = [frame_of(pixels[position], centre_crop=1.0) for position in range(len(pixels))]
    return Aligned(pixels, frames)


@pytest.fixture
def backbone(request):
    request.getfixturevalue("pretrained")
    return load_backbone("pretrained", CPU)


def test_each_place_of_a_coin_has_the_numbers_of_the_network(aligned, backbone):
    seen = see_parts(aligned, range(3), backbone, device=CPU)
    assert seen.shape == (3, 16, 16, 112)
    assert seen.dtype == np.float16
    with torch.inference_mode():
        expected = backbone.network(coloured([aligned.cut_out(2)], backbone, CPU))[0].permute(1, 2, 0).numpy()
    # Half a unit in the last place of float16, and sums in another order before.
    np.testing.assert_allclose(seen[2], expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_sees_what_another_layout_of_the_network_computed(backbone):
    """Numbers of the package efficientnet-lite-pytorch 0.1.0, its picture prepared by other code."""
    down, across = np.mgrid[:128, :128]
    disc = 30 * (np.hypot(across - 70, down - 50) < 25)
    coin = np.rint(127.5 + 80 * np.sin(across / 9) * np.cos(down / 13) + disc).clip(0, 255).astype(np.uint8)
    photograph = as_pixels([np.zeros((128, 128, 3), np.uint8)])
    (seen,) = see_parts(
        Aligned(photograph, [Frame(0.0, 0.0, 128.0)], cut_out=lambda _: coin), range(1), backbone, device=CPU
    )
    expected = {(0, 0, 0): -1.065, (5, 9, 17): -11.387, (8, 8, 50): -9.584, (12, 3, 77): 2.700}
    # Float16 has three digits, and other processors add in another order.
    for place, value in expected.items():
        assert float(seen[place]) == pytest.approx(value, abs=0.02), place


def test_the_number_of_threads_changes_no_number(aligned, monkeypatch, backbone):
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda _process: {0})
    expected = see_parts(aligned, range(12), backbone, device=CPU)
    monkeypatch.setattr(module.os, "sched_getaffinity", lambda _process: {0, 1, 2})
    np.testing.assert_array_equal(see_parts(aligned, range(12), backbone, device=CPU), expected)


def test_neighbours_in_a_batch_change_no_more_than_rounding(aligned, backbone):
    expected = see_parts(aligned, range(6), backbone, device=CPU)
    one_by_one = np.concatenate(
        [see_parts(aligned, range(at, at + 1), backbone, device=CPU) for at in range(6)]
    )
    np.testing.assert_allclose(one_by_one, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


def test_a_darker_and_flatter_photograph_looks_the_same(backbone):
    coin = np.tile(np.linspace(40, 220, 128), (128, 1))
    coin[40:80, 30:60] = 250
    pictures = coloured([coin.astype(np.uint8), np.rint(coin / 2 + 10).astype(np.uint8)], backbone, CPU)
    np.testing.assert_allclose(pictures[0], pictures[1], atol=2 * 2 / 105)  # a grey level of 105 used ones
    flat = coloured([np.full((128, 128), 90, np.uint8)], backbone, CPU)
    assert flat.isfinite().all()
