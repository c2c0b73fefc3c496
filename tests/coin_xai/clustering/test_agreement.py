import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from coin_xai.clustering.agreement import agreement, moved_share


def entropy(labels):
    shares = np.bincount(labels) / len(labels)
    return -sum(share * np.log(share) for share in shares if share > 0)


def test_nmi_is_information_over_the_geometric_mean_of_entropies():
    first = np.array([0, 0, 0, 0, 0, 1, 1, 2])
    second = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    expected = mutual_info_score(first, second) / np.sqrt(entropy(first) * entropy(second))
    assert agreement(first, second).nmi == pytest.approx(expected, abs=1e-12)


def test_renaming_clusters_changes_nothing():
    labels = np.array([0, 0, 1, 1, 2, 2])
    result = agreement(labels, (labels + 1) % 3)
    assert (result.ami, result.nmi, result.ari) == pytest.approx((1, 1, 1))


def test_chance_gives_ami_near_zero_but_nmi_well_above():
    generator = np.random.default_rng(0)
    result = agreement(generator.integers(50, size=1226), generator.integers(50, size=1226))
    assert abs(result.ami) < 0.02
    assert result.nmi > 0.2  # why NMI alone must not be trusted


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([0, 0, 1, 1], [1, 1, 0, 0], 0.0),  # only the names changed
        ([0, 0, 1, 1], [5, 5, 9, 5], 0.25),
        ([0, 1, 2, 3], [0, 0, 0, 0], 0.75),  # one can stay where all were joined
    ],
)
def test_moved_share_is_blind_to_names(before, after, expected):
    assert moved_share(before, after) == pytest.approx(expected)
