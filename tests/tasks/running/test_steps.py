import pytest

from tasks.running import steps
from tasks.running.steps import run_step, skipped, step


@step(name="double")
def double(number):
    return skipped(0, "nothing to do") if number == 0 else 2 * number


def failing(error, *, times):
    """A task that fails so often before it succeeds, and the list of its tries."""
    tries = []

    @step(name="fail")
    def fail():
        tries.append(None)
        if len(tries) <= times:
            raise error
        return "done"

    return fail, tries


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(steps, "RETRY_SECONDS", (0.0, 0.0))


def test_outside_of_a_flow_a_task_is_a_plain_function():
    assert run_step(double, 4) == 8
    assert run_step(double, 0) == 0


def test_outside_of_a_flow_a_task_is_tried_again_as_often_as_inside():
    fail, tries = failing(OSError("away"), times=2)
    assert run_step(fail) == "done"
    assert len(tries) == 3
    fail, tries = failing(OSError("away"), times=3)
    with pytest.raises(OSError, match="away"):
        run_step(fail)
    assert len(tries) == 3


def test_a_mistake_is_not_tried_again():
    fail, tries = failing(ValueError("wrong"), times=1)
    with pytest.raises(ValueError, match="wrong"):
        run_step(fail)
    assert len(tries) == 1
