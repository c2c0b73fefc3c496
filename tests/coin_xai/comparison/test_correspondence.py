from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import jaccard_score

from coin_xai.comparison.correspondence import correspondence, families


@pytest.mark.parametrize("seed", range(4))
def test_no_other_way_to_match_clusters_has_a_larger_sum_of_jaccard_indices(seed):
    rng = np.random.default_rng(seed)
    before = 3 * rng.integers(4, size=60)
    after = np.where(rng.random(60) < 0.6, (before // 3 + 1) % 4, rng.integers(4, size=60)) + 10
    found = correspondence(before, after)
    ids, others = np.unique(before), np.unique(after)
    alike = {(one, other): jaccard_score(before == one, after == other) for one in ids for other in others}
    best = max(sum(alike[pair] for pair in zip(ids, some, strict=True)) for some in permutations(others))
    assert found["jaccard"].sum() == pytest.approx(best)
    for row in found.to_dict("records"):
        assert row["jaccard"] == pytest.approx(alike[row["before"], row["after"]])


def test_clusters_that_share_no_coin_are_not_matched():
    found = correspondence(np.array([0, 0, 0, 0, 0, 1]), np.array([5, 5, 5, 5, 6, 5]))
    assert found[["before", "after"]].to_numpy().tolist() == [[0, 5]]


def test_whatever_clusters_are_called_their_family_goes_on_and_what_is_new_founds_another():
    first = np.array([4, 4, 4, 2, 2, 7])
    renamed = np.array([1, 1, 1, 0, 0, 3])
    split = np.array([8, 8, 9, 5, 5, 6])
    found = families([first, renamed, split])
    assert found[0] == {4: 0, 2: 1, 7: 2}
    assert found[1] == {1: 0, 0: 1, 3: 2}
    assert found[2] == {8: 0, 5: 1, 6: 2, 9: 3}


def test_a_family_that_has_ended_is_not_given_to_another_cluster():
    found = families([np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0]), np.array([2, 2, 2, 3])])
    assert found == [{0: 0, 1: 1}, {0: 0}, {2: 0, 3: 2}]
