import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from coin_xai.comparison.company import company_by_chance, kept_company


def test_company_is_the_mean_jaccard_index_over_pairs_as_scikit_learn_has_it():
    rng = np.random.default_rng(1)
    partitions = [rng.integers(4, size=30) for _ in range(3)]
    found = kept_company(partitions)
    for coin in range(30):
        own = [one == one[coin] for one in partitions]
        pairs = [jaccard_score(own[a], own[b]) for a, b in ((0, 1), (0, 2), (1, 2))]
        assert found[coin] == pytest.approx(np.mean(pairs))


def test_what_stays_together_keeps_its_company_and_a_coin_that_moves_does_not():
    stays = np.repeat([0, 1], 10)
    moves = stays.copy()
    moves[0] = 1
    found = kept_company([stays, moves, stays])
    assert found.argmin() == 0
    assert kept_company([stays, 5 - stays]).tolist() == [1] * 20


def test_chance_keeps_sizes_and_no_company():
    rng = np.random.default_rng(2)
    one = rng.integers(5, size=400)
    # Two clusters of a fifth share a twenty-fifth of all coins, and nine twenty-fifths are in either.
    assert company_by_chance([one, one], rng) == pytest.approx(1 / 9, abs=0.02)
    assert company_by_chance([np.zeros(9, int), np.zeros(9, int)], rng) == 1
