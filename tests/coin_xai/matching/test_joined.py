import numpy as np
import pytest
from sklearn.decomposition import PCA

from coin_xai.matching import joined as module
from coin_xai.matching.cells import fading_to_the_rim
from coin_xai.matching.joined import join_maps


@pytest.fixture(scope="module")
def coins():
    """Cells and maps of coins, of which the first shows nothing on its left side."""
    generator = np.random.default_rng(5)
    cells = generator.normal(size=(7, 16, 16, 9)).astype(np.float32) * fading_to_the_rim(16)[..., None]
    cells[0, :, :6] = 0
    mixed = generator.normal(size=(7, 16, 16, 30)) @ generator.normal(size=(30, 40))
    return cells, (mixed + generator.normal(size=40)).astype(np.float16)


def test_edges_stay_and_what_the_network_sees_counts_as_much(coins):
    cells, maps = coins
    joined = join_maps(cells, [maps])
    np.testing.assert_array_equal(joined[..., :9], cells)
    assert joined.shape == (7, 16, 16, 33)
    assert (joined[..., 9:] ** 2).sum() == pytest.approx((cells**2).sum(), rel=1e-4)
    assert not joined[0, :, :6].any()


def test_it_does_not_matter_how_coins_are_divided_into_arrays(coins):
    cells, maps = coins
    expected = join_maps(cells, [maps])
    np.testing.assert_allclose(
        join_maps(cells, [maps[:2], maps[2:6], maps[6:]]), expected, rtol=1e-4, atol=1e-6
    )


def test_what_all_coins_show_at_a_place_is_taken_off(coins):
    cells, maps = coins
    seen = join_maps(np.ones_like(cells), [maps])[..., 9:]
    np.testing.assert_allclose(seen.mean(axis=0), 0, atol=1e-5)
    assert seen.std(axis=0)[4:12, 4:12].min() > 0.1


@pytest.mark.parametrize("visible", [0, 1])
def test_where_coins_show_nothing_the_network_says_nothing(coins, visible):
    cells = np.zeros_like(coins[0])
    cells.reshape(-1, 9)[:visible] = 1
    joined = join_maps(cells, [coins[1]])
    np.testing.assert_array_equal(joined[..., :9], cells)
    assert not joined[..., 9:].any()


def test_components_are_those_of_scaled_channels_half_whitened(coins, monkeypatch):
    cells, maps = coins
    monkeypatch.setattr(module, "fading_to_the_rim", lambda cells: np.ones((cells, cells), np.float32))
    seen = join_maps(np.ones_like(cells), [maps])[..., 9:].reshape(-1, 24).astype(np.float64)
    flat = maps.reshape(-1, 40).astype(np.float64)
    points = PCA(24).fit((flat - flat.mean(axis=0)) / flat.std(axis=0))
    expected = (
        points.transform((flat - flat.mean(axis=0)) / flat.std(axis=0)) / points.explained_variance_**0.25
    )
    by_coin = expected.reshape(7, 16, 16, 24)
    expected = (by_coin - by_coin.mean(axis=0)).reshape(-1, 24)
    for component in range(24):
        likeness = np.corrcoef(seen[:, component], expected[:, component])[0, 1]
        assert abs(likeness) > 0.999, component
    np.testing.assert_allclose(
        seen.std(axis=0) / seen.std(), expected.std(axis=0) / expected.std(), rtol=1e-3
    )
