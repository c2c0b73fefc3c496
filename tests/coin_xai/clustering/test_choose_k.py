import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from coin_xai.clustering.choose_k import candidates, find_elbow, shuffle, try_all
from coin_xai.errors import OptionError

SETTINGS = {"seed": 3, "restarts": 5, "iterations": 50}


def groups(n_groups=6, n_each=40, spread=0.15):
    generator = np.random.default_rng(0)
    centres = np.linalg.qr(generator.normal(size=(10, 10)))[0][:n_groups]
    points = np.repeat(centres, n_each, axis=0) + spread * generator.normal(size=(n_groups * n_each, 10))
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def evidence():
    return try_all(groups(), [2, 3, 4, 5, 6, 8, 12, 20, 30], **SETTINGS)


def test_finds_the_number_of_groups_that_there_are(evidence):
    assert evidence.elbow == evidence.best_silhouette == evidence.most_stable == 6


def test_figures_are_those_of_scikit_learn(evidence):
    points = groups()
    reference = KMeans(6, n_init=10, random_state=0).fit(points)
    row = evidence.table.set_index("k").loc[6]
    assert row["inertia"] == pytest.approx(reference.inertia_ / len(points), rel=1e-4)
    assert row["silhouette"] == pytest.approx(silhouette_score(points, reference.labels_), rel=1e-4)
    assert row["stability"] == pytest.approx(1)
    assert row["largest_cluster_share"] == pytest.approx(1 / 6)


def test_shuffled_coins_have_no_groups_to_find(evidence):
    row = evidence.table.set_index("k").loc[6]
    assert row["stability_shuffled"] < row["stability"] - 0.3
    assert row["silhouette_shuffled"] < row["silhouette"] / 2
    points = groups()
    shuffled = shuffle(points, generator=np.random.default_rng(1))
    np.testing.assert_allclose(np.linalg.norm(shuffled, axis=1), 1, rtol=1e-5)
    assert np.abs(np.corrcoef(shuffled.T) - np.eye(10)).max() < 0.25


def test_the_same_seed_gives_the_same_table(evidence):
    again = try_all(groups(), [2, 3, 4, 5, 6, 8, 12, 20, 30], **SETTINGS)
    assert again.table.equals(evidence.table)


def test_the_elbow_of_a_bent_line_is_its_bend():
    k = np.array([2.0, 4, 6, 8, 10, 20])
    assert find_elbow(k, np.where(k < 6, 10 - 1.5 * k, 1 - 0.01 * (k - 6))) == 6
    assert find_elbow(k, np.ones(6)) == 2


def test_candidates_are_spaced_by_ratio_and_end_where_asked():
    ks = candidates(1226)
    assert ks[0] == 2
    assert ks[-1] == 100
    assert ks == sorted(set(ks))
    assert candidates(60)[-1] == 12
    assert candidates(60, lowest=3, highest=7) == [3, 4, 5, 6, 7]


@pytest.mark.parametrize(("lowest", "highest"), [(1, 5), (5, 5), (2, 20)])
def test_a_range_that_does_not_fit_is_refused(lowest, highest):
    with pytest.raises(OptionError, match="cannot be tried on 20 coins"):
        candidates(20, lowest=lowest, highest=highest)


def test_two_candidates_have_no_elbow():
    with pytest.raises(OptionError, match="at least three k"):
        try_all(groups(), [2, 3], **SETTINGS)
