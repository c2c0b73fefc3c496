import numpy as np
import pytest

from coin_xai.common.stages import unwatched
from coin_xai.matching.cost import memory_of_matching
from coin_xai.matching.cut_out import Frame
from coin_xai.matching.joined import join_maps
from coin_xai.matching.likeness import look
from tests.coin_xai.conftest import as_pixels


@pytest.fixture
def arrays():
    """What three coins take as they lie, with maps of a network joined, and as vectors."""
    generator = np.random.default_rng(1)
    pixels = as_pixels(generator.integers(0, 256, (3, 140, 140, 3), dtype=np.uint8))
    cells, seen = look(pixels, [Frame(0, 0, 140)] * 3, unwatched)
    joined = join_maps(cells, [generator.random((3, 16, 16, 40)).astype(np.float16)])
    return cells.nbytes + seen.nbytes, joined.nbytes


def test_it_is_what_the_arrays_take(arrays):
    looked_at, joined = arrays
    vectors = 3 * 256 * np.dtype(np.float32).itemsize
    edges = memory_of_matching(3)
    assert edges == 2 * looked_at + 2 * vectors
    network = memory_of_matching(3, seen_by_network=True)
    assert network == looked_at + joined + 2 * vectors
    maps = np.zeros((3, 16, 16, 112), np.float16)
    assert memory_of_matching(3, seen_by_network=True, learns=True) == network + maps.nbytes
    turned = memory_of_matching(3, seen_by_network=True, at_any_angle=True)
    assert turned == 16 * (looked_at // 2 + vectors) + looked_at
