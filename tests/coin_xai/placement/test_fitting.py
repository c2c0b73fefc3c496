import numpy as np
import pytest
import torch

from coin_xai.matching import likeness
from coin_xai.matching.likeness import matching_coins
from coin_xai.placement import fitting
from coin_xai.placement.fitting import KnownClusters

CPU = torch.device("cpu")
KINDS, EACH = 4, 14


def coins(kinds, each, *, seed, noise=0.9):
    """Cells of coins of some kinds: what each kind shows, what all show, and noise of their own."""
    patterns = np.random.default_rng(0).normal(size=(50, 16, 16, 9))
    generator = np.random.default_rng(seed)
    return np.concatenate(
        [patterns[kind] + generator.normal(scale=noise, size=(each, 16, 16, 9)) for kind in kinds]
    ).astype(np.float32)


@pytest.fixture(scope="module")
def known():
    cells, cluster = coins(range(KINDS), EACH, seed=1), 10 + np.repeat(np.arange(KINDS), EACH)
    return cells, cluster, matching_coins(cells, device=CPU)


def test_new_coins_go_to_the_cluster_of_their_kind(known):
    clusters, told = KnownClusters.of(*known, device=CPU), []
    placed = clusters.place(coins([2, 0], 3, seed=2), advance=told.append)
    assert placed.cluster.tolist() == [12] * 3 + [10] * 3
    assert placed.fits.all()
    np.testing.assert_array_equal(placed.votes, 1)
    assert placed.matches.position.shape == (6, 10)
    assert sum(told) == 6


def test_coins_of_a_kind_that_nobody_knows_fit_none(known):
    clusters = KnownClusters.of(*known, device=CPU)
    strangers, own = clusters.place(coins([7, 9], 8, seed=3)), clusters.place(coins([1], 8, seed=4))
    assert strangers.fits.mean() < 0.3
    assert own.fits.all()
    assert strangers.shortfall.min() > own.shortfall.max()


def test_worn_coins_which_match_nothing_well_fit_all_the_same(known):
    """Twice the noise: less like its own kind than strangers that are not worn are like anything."""
    cells, cluster, _ = known
    worn = np.concatenate([cells, coins(range(KINDS), 4, seed=5, noise=2)])
    everyone = np.concatenate([cluster, 10 + np.repeat(np.arange(KINDS), 4)])
    clusters = KnownClusters.of(worn, everyone, matching_coins(worn, device=CPU), device=CPU)
    placed = clusters.place(coins([1], 8, seed=6, noise=2))
    assert placed.cluster.tolist() == [11] * 8
    assert placed.fits.mean() > 0.7


def test_where_clusters_mean_nothing_hardly_a_coin_fits(known):
    """Shuffled clusters: other clusters hold as many coins of a coin's kind as its own."""
    cells, cluster, neighbours = known
    shuffled = np.random.default_rng(8).permutation(cluster)
    clusters = KnownClusters.of(cells, shuffled, neighbours, device=CPU)
    placed = clusters.place(coins(range(KINDS), 8, seed=7))
    assert placed.fits.mean() < 0.5
    assert placed.votes.mean() < 0.7


def test_the_rule_is_what_its_words_say(known):
    """Computed once more from all likenesses, by plain loops."""
    cells, cluster, neighbours = known
    alike = fitting.likeness_among(cells, cells, CPU)
    np.fill_diagonal(alike, np.nan)
    level = np.nanmean(alike, axis=1)
    rise = np.array([alike[one, best].mean() for one, best in enumerate(neighbours)]) - level
    short = []
    for one in range(len(cells)):
        others = np.flatnonzero(cluster != cluster[one])
        best = others[np.argsort(-alike[one, others])[:10]]
        own = alike[one, best].mean() - alike[one, others].mean()
        short.append(rise[best].mean() - own)
    found = KnownClusters.of(cells, cluster, neighbours, device=CPU)
    np.testing.assert_allclose(found.rise, rise, atol=1e-5)
    own = np.array([rise[best].mean() for best in neighbours]) - rise
    assert found.most == pytest.approx(fitting._line_between(own, np.array(short)), abs=1e-5)
    assert found.turned_away == (own > found.most).mean()


def test_the_line_lies_where_both_faults_are_equal():
    members, strangers = np.arange(10.0), np.arange(7.5, 17)
    line = fitting._line_between(members, strangers)
    assert (members > line).sum() == (strangers <= line).sum() == 1
    assert fitting._line_between(np.arange(3.0), np.arange(8.0, 9)) == 5
    assert fitting._line_between(np.full(4, 2.0), np.full(4, 2.0)) == 2


def test_with_one_cluster_nothing_tells_which_coins_fit_none(known):
    cells, cluster, neighbours = known
    clusters = KnownClusters.of(cells, np.zeros_like(cluster), neighbours, device=CPU)
    assert clusters.most == np.inf
    assert clusters.place(coins([7], 3, seed=3)).fits.all()


def test_a_coin_whose_candidates_are_all_in_its_cluster_tells_nothing(known, monkeypatch):
    cells, cluster, neighbours = known
    monkeypatch.setattr(likeness, "MOST_COMPARED", 5)
    for module in ("fitting", "matching"):
        monkeypatch.setattr(f"coin_xai.placement.{module}.CANDIDATES", EACH)
    found = KnownClusters.of(cells, cluster, neighbours, device=CPU)
    assert found.place(coins([2], 3, seed=2)).cluster.tolist() == [12] * 3
