"""One process that is deployments and worker at once."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from prefect.client.orchestration import get_client
from prefect.exceptions import ObjectNotFound

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("server")]

ROOT = Path(__file__).parents[2]
SECONDS_TO_START = 180


def test_a_served_study_is_done_when_asked_for(server, coins, tmp_path):
    environment = {
        **os.environ,
        "PREFECT_API_URL": server,
        "PREFECT_HOME": str(tmp_path / "home"),
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "deployments/serve.py", str(coins), str(tmp_path / "runs")]
    with (tmp_path / "serve.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        run = _started(process)
        deadline = time.monotonic() + 120
        with get_client(sync_client=True) as client:
            while not (state := client.read_flow_run(run).state).is_final():
                assert time.monotonic() < deadline
                time.sleep(0.2)
        assert state.name == "Completed"
        assert (tmp_path / "runs" / "served" / "latest" / "manifest.json").exists()
    finally:
        process.terminate()
        process.wait(timeout=30)


def _started(process):
    """Ask for a run as soon as the deployment is there, and return its id."""
    parameters = {
        "training": {"k": 3, "width": 0.0625, "batch_size": 8},
        "duration": {"epochs": 1},
        "place": {"name": "served"},
    }
    deadline = time.monotonic() + SECONDS_TO_START
    with get_client(sync_client=True) as client:
        while True:
            assert process.poll() is None
            assert time.monotonic() < deadline
            try:
                deployment = client.read_deployment_by_name("study/coin-xai-here")
            except ObjectNotFound:
                time.sleep(0.2)
                continue
            return client.create_flow_run_from_deployment(deployment.id, parameters=parameters).id
