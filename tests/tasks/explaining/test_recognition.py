import shutil

import pandas as pd
import pytest

from storage.layout import RunLayout
from tasks.explaining.recognition import TABLES, read_recognition, recognition_work


@pytest.fixture
def files(explained_run, tmp_path):
    """A copy of the explanation that may be changed."""
    root = shutil.copytree(explained_run.layout.root, tmp_path / "run", symlinks=True)
    return RunLayout(root).explanation(explained_run.files.root.name)


def test_what_was_written_is_read_back_from_both_forms(files):
    tables = read_recognition(files)
    for name in TABLES:
        table = getattr(tables, name)
        csv = pd.read_csv(files.recognition / f"{name}.csv", keep_default_na=False)
        assert csv.columns.tolist() == table.columns.tolist()
        assert len(csv) == len(table)


def test_other_clusters_or_features_make_what_is_kept_void(files):
    before = recognition_work(files)
    table = pd.read_parquet(files.assignments)
    table.assign(cluster=table["cluster"].iloc[::-1].to_numpy()).to_parquet(files.assignments, index=False)
    assert recognition_work(files) != before
    assert read_recognition(files) is None


def test_where_features_are_missing_nothing_is_known(files):
    shutil.rmtree(files.maps(0, 0))
    assert recognition_work(files) is None
    assert read_recognition(files) is None
