import numpy as np
import pytest

from storage.legacy.errors import LegacyError
from storage.legacy.partition import from_ids, from_lists, kind, ranks


def test_lists_of_positions_become_a_cluster_per_position():
    partition, in_cluster_order = from_lists([[4, 1], [], [2, 0], [3]], "entry 1")
    assert in_cluster_order.tolist() == [4, 1, 2, 0, 3]
    assert partition.cluster.tolist() == [2, 0, 2, 3, 0]
    assert partition.class_index.tolist() == [1, 0, 1, 2, 0]
    assert partition.k == 4


def test_ids_may_leave_numbers_out_and_do_not_tell_how_many_clusters_there_were():
    partition = from_ids([7, 0, 7, 30], "the table")
    assert partition.cluster.tolist() == [7, 0, 7, 30]
    assert partition.class_index.tolist() == [1, 0, 1, 2]
    assert partition.k is None


def test_ranks_are_whole_numbers_without_gaps():
    found = ranks(np.array([9, 9, 2, 5]))
    assert (found.tolist(), found.dtype) == ([2, 2, 0, 1], np.int64)


@pytest.mark.parametrize("wrong", [None, True, 1.0, "1", -1, 2**31, 2**70, [1]])
def test_an_id_that_is_no_small_whole_number_is_refused(wrong):
    with pytest.raises(LegacyError, match="the table has the cluster"):
        from_ids([0, wrong], "the table")


def test_what_would_fill_a_screen_is_called_by_its_type():
    endless = []
    endless.append(endless)
    assert kind(endless) == "a value of the type list"
    assert kind(10**5000) == "a value of the type int"
    assert kind(-3) == "-3"
