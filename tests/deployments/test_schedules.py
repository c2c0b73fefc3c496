"""A schedule that is switched on fires by itself, and what is done already is not done again."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.schedules import IntervalSchedule

from tests.deployments.operating import TRAINING, explanations_of, runs_of, task_runs_of, wait_for_end
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server", "deployed")]

TRAIN = "train-clusters/train"


def scheduled(name):
    """Return the runs of a deployment that its schedule made."""
    return [run for run in runs_of(name) if run.auto_scheduled]


def ended(name):
    """Return those of them that have ended, in the order in which they began."""
    return sorted((run for run in scheduled(name) if run.state.is_final()), key=lambda run: run.start_time)


def task_states(run):
    return {one.name: one.state_name for one in task_runs_of(run)}


def test_switching_the_nightly_schedule_on_makes_the_next_runs():
    with get_client(sync_client=True) as client:
        training = client.read_deployment_by_name(TRAIN)
        (nightly,) = training.schedules
        assert (nightly.slug, nightly.active) == ("nightly", False)
        assert scheduled(TRAIN) == []
        client.update_deployment_schedule(training.id, nightly.id, active=True)
        made = wait_until(lambda: scheduled(TRAIN), "a scheduled run")
        assert {run.state_name for run in made} == {"Scheduled"}
        there = ZoneInfo(nightly.schedule.timezone)
        assert {run.expected_start_time.astimezone(there).hour for run in made} == {2}
        client.update_deployment_schedule(training.id, nightly.id, active=False)
        # The server removes what it made.
        wait_until(lambda: not scheduled(TRAIN), "no scheduled run")


@pytest.mark.usefixtures("worker")
def test_the_second_scheduled_run_finds_all_done_and_no_second_explanation_follows():
    again = DeploymentScheduleCreate(
        schedule=IntervalSchedule(interval=timedelta(seconds=15)),
        parameters={"training": TRAINING, "duration": {"epochs": 1}, "place": {"name": "scheduled"}},
    )
    with get_client(sync_client=True) as client:
        training = client.read_deployment_by_name(TRAIN)
        answer = client.request(
            "POST",
            "/deployments/{id}/schedules",
            path_params={"id": training.id},
            json=[again.model_dump(mode="json", exclude_unset=True)],
        )
        (schedule,) = answer.json()
        wait_until(lambda: len(ended(TRAIN)) > 1, "two scheduled runs that have ended")
        client.request(
            "DELETE",
            "/deployments/{id}/schedules/{schedule}",
            path_params={"id": training.id, "schedule": schedule["id"]},
        )
    first, second, *_ = ended(TRAIN)
    assert [first.state_name, second.state_name] == ["Completed", "Completed"]
    trained = "train to epoch 1 of 1"
    wait_until(lambda: task_states(first).get(trained) == "Completed", "the training")
    wait_until(lambda: task_states(second).get(trained) == "Skipped", "the second training")
    announced = "announce the checkpoint of epoch 1"
    wait_until(lambda: task_states(first).get(announced) == "Completed", "the announcement")
    assert announced not in task_states(second)
    (explanation,) = wait_until(lambda: explanations_of("scheduled"), "an explanation")
    assert wait_for_end(explanation).name == "Completed"
    assert len(explanations_of("scheduled")) == 1
