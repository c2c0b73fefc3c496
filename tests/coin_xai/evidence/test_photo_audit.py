import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import f_classif

from coin_xai.evidence.photo_audit import explained_share, standing
from coin_xai.photographs.quality import MEASURES


def test_the_explained_share_is_that_behind_the_f_test():
    generator = np.random.default_rng(0)
    cluster = generator.integers(0, 4, 60)
    values = generator.standard_normal(60) + cluster
    share, chance = explained_share(values, cluster)
    (f,), _ = f_classif(values[:, None], cluster)
    assert share / (1 - share) * (60 - 4) / (4 - 1) == pytest.approx(f)
    assert chance == 3 / 59


def test_clusters_by_chance_explain_what_chance_would():
    generator = np.random.default_rng(1)
    values = generator.standard_normal(200)
    shares = [explained_share(values, generator.integers(0, 20, 200))[0] for _ in range(200)]
    assert np.mean(shares) == pytest.approx(19 / 199, rel=0.05)


def test_what_could_not_be_measured_is_left_out():
    values = np.array([1.0, np.nan, 1.0, 2.0, 2.0])
    assert explained_share(values, np.array([0, 0, 0, 1, 1])) == (1.0, 1 / 3)


@pytest.mark.parametrize("values", [[5.0, 5.0, 5.0], [np.nan, np.nan, 1.0]])
def test_equal_or_missing_values_explain_nothing(values):
    assert explained_share(np.array(values), np.array([0, 1, 1]))[0] == 0


def test_a_cluster_stands_as_many_deviations_from_all_as_its_mean():
    quality = pd.DataFrame({name: [0.0, 0.0, 2.0, 2.0] for name in MEASURES})
    quality["framing"] = [np.nan, 1.0, 1.0, 1.0]
    table = standing(quality, np.array([4, 4, 9, 9]))
    assert table.index.tolist() == [4, 9]
    assert table["sharpness"].tolist() == [-1, 1]
    assert table["framing"].tolist() == [0, 0]
