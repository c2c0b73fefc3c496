"""What an operator does: deploys, starts workers and runs, and looks at what has become of them."""

import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterName,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.client.schemas.schedules import IntervalSchedule
from prefect.exceptions import PrefectHTTPStatusError

from tests.processes import processes_with, started
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
# An epoch of the grid network is over before a server has heard of its task.
TRAINING = {"k": 3, "network": "alexnet", "width": 0.0625, "batch_size": 8, "clustering": "kmeans"}
ENDLESS = 10_000
"""Epochs of a training that somebody stops."""
BETWEEN_RUNS = timedelta(seconds=10)


PREFECT = (sys.executable, "-m", "tasks.running.starting", "prefect")
"""Prefect's command line, which is there a fifth sooner so."""


def prefect(*arguments, environment):
    command = [*PREFECT, "--no-prompt", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def working(environment, log_file):
    """Run a worker for one run at a time, from when it waits for one."""
    command = [*PREFECT, "worker", "start"]
    command += ["--pool", "coin-xai", "--type", "process", "--limit", "1"]
    with (
        log_file.open("wb") as log,
        started(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as process,
    ):
        wait_until(lambda: " started!" in log_file.read_text(), "a worker", of=process)
        yield process


def start(deployment, **parameters):
    with get_client(sync_client=True) as client:
        found = client.read_deployment_by_name(deployment)
        return client.create_flow_run_from_deployment(found.id, parameters=parameters)


@contextmanager
def scheduled_again_and_again(deployment, parameters):
    """Give a deployment, for as long as a block lasts, a schedule that soon fires, and goes on to.

    So it does not matter when the server looks at it first.
    """
    again = DeploymentScheduleCreate(
        schedule=IntervalSchedule(interval=BETWEEN_RUNS), parameters=parameters
    ).model_dump(mode="json", exclude_unset=True)
    with get_client(sync_client=True) as client:
        found = {"id": client.read_deployment_by_name(deployment).id}
        made = client.request("POST", "/deployments/{id}/schedules", path_params=found, json=[again]).json()
        try:
            yield
        finally:
            named = {**found, "schedule": made[0]["id"]}
            client.request("DELETE", "/deployments/{id}/schedules/{schedule}", path_params=named)


def answer_of(ask):
    """Return what the server answers; one that is too busy to answer (5xx) is asked again, as people do."""

    def answers():
        try:
            return [ask()]
        except PrefectHTTPStatusError as error:
            if error.response.status_code < 500:
                raise
            return []

    (answer,) = wait_until(answers, "an answer of the server")
    return answer


def state_of(run):
    with get_client(sync_client=True) as client:
        return wait_until(lambda: answer_of(lambda: client.read_flow_run(run.id)).state, "the state of a run")


def wait_for_end(run):
    wait_until(lambda: state_of(run).is_final(), "the end of a run")
    return state_of(run)


def runs_of(deployment):
    # By names: whoever reads a deployment with its schedules looks through all time zones first.
    flow, name = deployment.split("/")
    with get_client(sync_client=True) as client:
        return answer_of(
            lambda: client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
                deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])),
            )
        )


def explanations_of(name):
    """Return the runs of the deployment that explains which are about a run of that name."""
    found = runs_of("explain-clusters/explain")
    return [run for run in found if Path(run.parameters["run_folder"]).name == name]


def task_runs_of(run):
    with get_client(sync_client=True) as client:
        of_run = FlowRunFilter(id=FlowRunFilterId(any_=[run.id]))
        return answer_of(lambda: client.read_task_runs(flow_run_filter=of_run))


def artifact_of(run, kind):
    """Return the one artifact of a kind that a run left."""
    with get_client(sync_client=True) as client:
        every = answer_of(client.read_artifacts)
    (found,) = [one for one in every if one.flow_run_id == run.id and one.type == kind]
    return found


def processes_of(run):
    """Return the ids of the processes that work on a flow run."""
    return processes_with("PREFECT__FLOW_RUN_ID", str(run.id))


def workers_of(run):
    """Return the ids of the processes that started those that work on a flow run."""
    found = []
    for process in processes_of(run):
        try:
            status = Path(f"/proc/{process}/stat").read_text()
        except OSError:
            continue  # it has ended since
        found.append(int(status.rpartition(")")[2].split()[1]))
    return found


def train(environment, name, epochs):
    return start(
        "train-clusters/train",
        photographs={"images": environment["COIN_XAI_IMAGES"]},
        training=TRAINING,
        duration={"epochs": epochs, "checkpoint_every": 1},
        place={"name": name},  # in the folder of runs that was deployed
    )
