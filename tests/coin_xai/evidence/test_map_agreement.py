import numpy as np
import pytest
from scipy.stats import spearmanr

from coin_xai.evidence.map_agreement import agreement, agreement_by_chance


@pytest.fixture
def maps():
    return np.random.default_rng(3).normal(size=(40, 8, 12))


def test_it_is_spearmans_of_each_coin_alone(maps):
    others = maps + np.random.default_rng(4).normal(size=maps.shape)

    def patches(one):
        return [one[2 * row : 2 * row + 2, 3 * at : 3 * at + 3].sum() for row in range(4) for at in range(4)]

    expected = [
        spearmanr(patches(one), patches(other)).statistic for one, other in zip(maps, others, strict=True)
    ]
    np.testing.assert_allclose(agreement(maps, others), expected, atol=1e-12)
    assert agreement(maps, 3 * maps) == pytest.approx(1)


def test_a_map_without_any_difference_agrees_with_nothing(maps):
    maps[0] = 7
    found = agreement(maps, maps)
    assert np.isnan(found).tolist() == [True] + 39 * [False]


def test_by_chance_maps_are_compared_with_those_of_other_clusters(maps):
    cluster = np.arange(40) % 2
    of_cluster = np.random.default_rng(5).normal(size=(2, 8, 12))[cluster]
    both = of_cluster + 0.1 * maps
    assert agreement(both, of_cluster).min() > 0.9
    by_chance = agreement_by_chance(both, of_cluster, cluster, seed=0)
    other = agreement(both, of_cluster[::-1])  # of the other cluster, all alike
    np.testing.assert_allclose(by_chance, other, atol=1e-12)
    assert by_chance.max() < 0.5
    assert np.isnan(agreement_by_chance(maps, maps, np.zeros(40, int), seed=0)).all()
