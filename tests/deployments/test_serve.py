"""One process that is deployments and worker at once."""

import os
import sys
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

from tests.deployments.operating import TRAINING
from tests.processes import started
from tests.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server")]

PARAMETERS = {
    "training": TRAINING,
    "duration": {"epochs": 1},
    "place": {"name": "served"},
}


def test_a_served_study_is_done_when_asked_for(server, coins, tmp_path):
    environment = {
        **os.environ,
        "PREFECT_API_URL": server,
        "PREFECT_HOME": str(tmp_path / "home"),
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "OMP_NUM_THREADS": "1",
    }
    command = [Path(sys.executable).with_name("coin-xai"), "serve", coins, "--runs", tmp_path / "runs"]
    with (
        (tmp_path / "serve.log").open("wb") as log,
        started(command, env=environment, stdout=log, stderr=log) as process,
        get_client(sync_client=True) as client,
    ):
        deployment = wait_until(lambda: deployed(client), "the deployment", of=process)
        run = client.create_flow_run_from_deployment(deployment.id, parameters=PARAMETERS)
        wait_until(lambda: client.read_flow_run(run.id).state.is_final(), "the end of the run", of=process)
        assert client.read_flow_run(run.id).state.name == "Completed"
    assert (tmp_path / "runs" / "served" / "latest" / "manifest.json").exists()


def deployed(client):
    try:
        return client.read_deployment_by_name("study/study-here")
    except ObjectNotFound:
        return None
