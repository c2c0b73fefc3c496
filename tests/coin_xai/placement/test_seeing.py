import numpy as np
import pytest

from coin_xai.matching.cells import fading_to_the_rim
from coin_xai.matching.joined import join_maps
from coin_xai.placement.seeing import Seeing

KNOWN = 20


@pytest.fixture(scope="module")
def coins():
    """Edges and maps of coins, of which the first shows nothing on its left side."""
    generator = np.random.default_rng(5)
    edges = generator.normal(size=(26, 16, 16, 9)).astype(np.float32) * fading_to_the_rim(16)[..., None]
    edges[0, :, :6] = 0
    mixed = generator.normal(size=(26, 16, 16, 30)) @ generator.normal(size=(30, 40))
    return edges, (mixed + generator.normal(size=40) + generator.normal(size=(16, 16, 1))).astype(np.float16)


def test_new_coins_are_told_as_if_they_had_been_there(coins):
    """The function is found from some of the known coins and tells all of them, and new ones, alike."""
    edges, maps = coins
    kept = join_maps(edges[:KNOWN], [maps[:KNOWN]])
    seeing = Seeing.fit(maps[:12], kept[:12])
    np.testing.assert_allclose(seeing.join(maps[:KNOWN], edges[:KNOWN]), kept, atol=0.02 * kept.std())
    new = seeing.join(maps[KNOWN:], edges[KNOWN:])
    assert new.dtype == np.float32
    np.testing.assert_array_equal(new[..., :9], edges[KNOWN:])
    # The known coins once more, with one of the new ones in the place of the last.
    twice = np.concatenate([maps[:KNOWN], maps[:3]])
    np.testing.assert_array_equal(
        seeing.join(twice, np.concatenate([edges[:KNOWN], edges[:3]]))[KNOWN:],
        seeing.join(maps[:3], edges[:3]),
    )


def test_where_a_coin_shows_nothing_the_network_says_nothing(coins):
    edges, maps = coins
    seeing = Seeing.fit(maps[:KNOWN], join_maps(edges[:KNOWN], [maps[:KNOWN]]))
    hidden = edges[KNOWN:].copy()
    hidden[:, 9:] = 0
    assert not seeing.join(maps[KNOWN:], hidden)[:, 9:, :, 9:].any()
    assert seeing.join(maps[KNOWN:], hidden)[:, 2:9, 2:14, 9:].any(axis=-1).all()
