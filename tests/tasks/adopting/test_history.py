import numpy as np
import pandas as pd
import pytest

from storage.layout import RunLayout
from storage.legacy.partition import LoggedPartition
from tasks.adopting.history import keep_history
from tasks.training.metrics import Metrics


def partition(*cluster, k=4):
    ids = np.array(cluster)
    return LoggedPartition(ids, np.unique(ids, return_inverse=True)[1], k)


PARTITIONS = (partition(0, 0, 1, 1, 2, 3), partition(3, 3, 1, 1, 2, 0), partition(0, 0, 3, 0, 0, 3))
# Image 4 of the log cannot be used; the coins are by coin_id, and their index is the number of the image.
USABLE = pd.DataFrame({"coin_id": list("abcde"), "path": list("vwxyz")}, index=[3, 0, 5, 1, 2])


@pytest.fixture
def keep(tmp_path):
    def call(epoch, partitions=PARTITIONS):
        layout = RunLayout(tmp_path)
        keep_history(layout, partitions, USABLE, epoch=epoch, head_fit=0.75)
        return layout

    return call


def test_each_entry_leaves_its_partition_under_the_epochs_before_it(keep):
    layout = keep(epoch=3)
    for number, one in enumerate(PARTITIONS):
        table = pd.read_parquet(layout.assignments(number))
        assert table["coin_id"].tolist() == list("abcde")
        assert table["cluster"].tolist() == one.cluster[[3, 0, 5, 1, 2]].tolist()
        assert table["class_index"].tolist() == one.class_index[[3, 0, 5, 1, 2]].tolist()
    assert not layout.assignments(3).exists()


def test_each_entry_leaves_a_row_of_figures(keep):
    rows = Metrics(keep(epoch=3)).rows(until=10)
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert [row["clusters"] for row in rows] == [3, 3, 2]
    assert [row["empty_clusters"] for row in rows] == [1, 1, 2]
    assert [row["largest_cluster_share"] for row in rows] == [0.4, 0.4, 0.6]
    # The second entry gives the first one's clusters other names; the third moves one coin of a pair.
    assert [row["ami_to_previous"] for row in rows][:2] == [None, 1.0]
    assert [row["moved_share"] for row in rows] == [None, 0.0, 0.4]
    assert [row["head_fit"] for row in rows] == [None, None, 0.75]


def test_a_log_that_was_begun_anew_counts_back_from_the_checkpoint(keep):
    assert [row["epoch"] for row in Metrics(keep(epoch=20)).rows(until=20)] == [17, 18, 19]


def test_what_would_come_before_the_first_epoch_is_left_out(keep):
    rows = Metrics(keep(epoch=2)).rows(until=2)
    assert [row["epoch"] for row in rows] == [0, 1]
    assert rows[0]["ami_to_previous"] == 1.0


def test_a_partition_that_does_not_tell_its_clusters_counts_no_empty_ones(keep):
    layout = keep(epoch=1, partitions=(partition(0, 0, 9, 9, 0, 0, k=None),))
    assert Metrics(layout).rows(until=1)[0]["empty_clusters"] == 0
