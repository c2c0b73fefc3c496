import pytest
import torch
from prefect.states import Failed

from storage.errors import NoSpaceError
from tasks.steps import may_pass_by_itself, run, skipped, step


@step(name="double")
def double(number):
    return skipped(0, "nothing to do") if number == 0 else 2 * number


def test_outside_of_a_flow_a_task_is_a_plain_function():
    assert run(double, 4) == 8
    assert run(double, 0) == 0


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError("the network drive was away"), True),
        (torch.OutOfMemoryError("other work on the device"), True),
        (FileNotFoundError("x"), False),
        (PermissionError("x"), False),
        (NoSpaceError("full"), False),
        (ValueError("a mistake"), False),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(error, expected):
    assert may_pass_by_itself(double, None, Failed(data=error)) is expected
