import shutil

import pandas as pd
import pytest

from storage.layout import RunLayout
from tasks.explaining.recognition import TABLES, read_recognition, recognition_fingerprint


@pytest.fixture
def explanation(explained_run, tmp_path):
    """A copy of the explanation that may be changed."""
    root = shutil.copytree(explained_run.layout.root, tmp_path / "run", symlinks=True)
    return RunLayout(root).explanation(explained_run.explanation.root.name)


def test_what_was_written_is_read_back_from_both_forms(explanation):
    tables = read_recognition(explanation)
    for name in TABLES:
        table = getattr(tables, name)
        csv = pd.read_csv(explanation.recognition / f"{name}.csv", keep_default_na=False)
        assert csv.columns.tolist() == table.columns.tolist()
        assert len(csv) == len(table)


def test_other_clusters_or_features_make_what_is_kept_void(explanation):
    before = recognition_fingerprint(explanation)
    table = pd.read_parquet(explanation.assignments)
    others = table["cluster"].iloc[::-1].to_numpy()
    table.assign(cluster=others).to_parquet(explanation.assignments, index=False)
    assert recognition_fingerprint(explanation) != before
    assert read_recognition(explanation) is None


def test_where_features_are_missing_nothing_is_known(explanation):
    shutil.rmtree(explanation.maps(0, 0))
    assert recognition_fingerprint(explanation) is None
    assert read_recognition(explanation) is None
