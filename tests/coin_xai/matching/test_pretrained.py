import numpy as np
import pytest
import torch

from coin_xai.errors import OptionError
from coin_xai.matching import pretrained as module
from coin_xai.matching.aligned import Aligned
from coin_xai.matching.cells import frame_of
from coin_xai.matching.pretrained import coloured, load_network, see_parts

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("pretrained")


@pytest.fixture(scope="module")
def aligned(pixels):
    frames = [frame_of(pixels[position], centre_crop=1.0) for position in range(len(pixels))]
    return Aligned(pixels, frames)


def test_sees_what_the_network_computes_block_by_block(aligned):
    network = load_network(CPU)
    seen = see_parts(aligned, range(3), device=CPU)
    assert seen.shape == (3, 16, 16, 112)
    assert seen.dtype == np.float16
    with torch.inference_mode():
        maps = network.bn1(network.conv_stem(coloured([aligned.cut_out(2)], CPU)))
        for stage in network.blocks[:5]:
            maps = stage(maps)
    expected = maps[0].permute(1, 2, 0).numpy()
    # Half a unit in the last place of float16, and sums in another order before.
    np.testing.assert_allclose(seen[2], expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())


def test_neither_threads_nor_neighbours_in_a_batch_change_a_number(aligned, monkeypatch):
    expected = see_parts(aligned, range(6), device=CPU)
    monkeypatch.setattr(module.os, "cpu_count", lambda: 1)
    np.testing.assert_array_equal(see_parts(aligned, range(6), device=CPU), expected)
    one_by_one = np.concatenate([see_parts(aligned, range(at, at + 1), device=CPU) for at in range(6)])
    np.testing.assert_allclose(one_by_one, expected, rtol=2e-3, atol=2e-3 * np.abs(expected).max())


def test_a_darker_and_flatter_photograph_looks_the_same():
    coin = np.tile(np.linspace(40, 220, 128), (128, 1))
    coin[40:80, 30:60] = 250
    pictures = coloured([coin.astype(np.uint8), np.rint(coin / 2 + 10).astype(np.uint8)], CPU)
    np.testing.assert_allclose(pictures[0], pictures[1], atol=2 * 2 / 105)  # a grey level of 105 used ones
    flat = coloured([np.full((128, 128), 90, np.uint8)], CPU)
    assert flat.isfinite().all()


def test_other_weights_under_the_same_name_are_refused(monkeypatch):
    monkeypatch.setattr(module, "SHA256", "0" * 64)
    load_network.cache_clear()
    with pytest.raises(OptionError, match=r"\.pth holds other weights .* install"):
        load_network(CPU)
    load_network.cache_clear()
