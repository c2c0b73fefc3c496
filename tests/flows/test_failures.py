import pytest

from flows.failures import RunFailedError, tolerated
from storage.errors import NoSpaceError
from tasks.running.failures import ChunksFailedError, Failure


def test_a_failure_is_noted_for_every_cluster_and_the_next_ones_go_on():
    failures = []
    with tolerated(failures, [3, 4]):
        raise ValueError("bad coin")
    with tolerated(failures, [5]):
        pass
    assert failures == [Failure(3, None, "ValueError: bad coin"), Failure(4, None, "ValueError: bad coin")]


def test_of_chunks_that_failed_only_those_are_noted():
    failures = []
    chunk = Failure(3, 1, "ValueError: bad coin")
    with tolerated(failures, [3, 4]):
        raise ChunksFailedError([chunk], may_pass=False)
    assert failures == [chunk]


def test_a_full_disk_stops_everything():
    with pytest.raises(NoSpaceError), tolerated([], [1]):
        raise NoSpaceError("full")


def test_the_error_of_a_run_names_every_failure():
    error = RunFailedError([Failure(1, None, "a"), Failure(2, 7, "b")])
    assert str(error) == "cluster 1: a; cluster 2, chunk 7: b"
