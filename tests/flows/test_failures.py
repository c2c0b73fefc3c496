import pytest

from flows.failures import RunFailedError, tolerated
from storage.errors import NoSpaceError


def test_a_failure_is_noted_and_the_next_cluster_goes_on():
    failures = []
    with tolerated(failures, [3, 4]):
        raise ValueError("bad coin")
    with tolerated(failures, [5]):
        pass
    assert failures == [("cluster 3, 4", "ValueError: bad coin")]


def test_a_full_disk_stops_everything():
    with pytest.raises(NoSpaceError), tolerated([], [1]):
        raise NoSpaceError("full")


def test_the_error_of_a_run_names_every_failure():
    error = RunFailedError([("cluster 1", "a"), ("cluster 2", "b")])
    assert str(error) == "cluster 1: a; cluster 2: b"
