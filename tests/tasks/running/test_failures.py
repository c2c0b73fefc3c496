import pytest
import torch

from storage.errors import NoSpaceError
from tasks.running.failures import ChunksFailedError, Failure, Failures, passes_by_itself


def test_the_others_go_on_and_the_task_fails_at_the_end():
    failures, done = Failures(), []
    for chunk in range(3):
        with failures.noting(7, chunk):
            if chunk == 1:
                raise ValueError("bad coin")
            done.append(chunk)
    assert done == [0, 2]
    with pytest.raises(ChunksFailedError, match=r"^cluster 7, chunk 1: ValueError: bad coin$") as caught:
        failures.raise_any()
    assert caught.value.failures == [Failure(7, 1, "ValueError: bad coin")]


def test_without_failures_nothing_is_raised():
    Failures().raise_any()


def test_a_full_disk_is_not_noted():
    with pytest.raises(NoSpaceError), Failures().noting(1):
        raise NoSpaceError("full")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError("the network drive was away"), True),
        (torch.OutOfMemoryError("other work on the device"), True),
        (RuntimeError("CUDA error: unspecified launch failure"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (FileNotFoundError("x"), False),
        (PermissionError("x"), False),
        (NoSpaceError("full"), False),
        (ValueError("a mistake"), False),
        (ChunksFailedError([], may_pass=True), True),
        (ChunksFailedError([], may_pass=False), False),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(error, expected):
    assert passes_by_itself(error) is expected


def test_chunks_are_tried_again_only_if_that_can_help_all_of_them():
    failures = Failures()
    with failures.noting(1):
        raise OSError("away")
    with pytest.raises(ChunksFailedError) as caught:
        failures.raise_any()
    assert caught.value.may_pass
    with failures.noting(2):
        raise ValueError("bad coin")
    with pytest.raises(ChunksFailedError) as caught:
        failures.raise_any()
    assert not caught.value.may_pass
