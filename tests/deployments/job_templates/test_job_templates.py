"""The job templates of work pools for Docker and Kubernetes, told to a real server."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.exceptions import PrefectHTTPStatusError
from prefect.utilities.templating import apply_values, find_placeholders

ROOT = Path(__file__).parents[3]
KINDS = ["docker", "kubernetes"]


def template_of(kind):
    return json.loads((ROOT / "deployments" / "job_templates" / f"{kind}.json").read_text())


def variables_of_our_deployments():
    """Return what deployments/prefect.yaml tells every work pool."""
    told = yaml.safe_load((ROOT / "deployments" / "prefect.yaml").read_text())
    (variables,) = [one["work_pool"]["job_variables"] for one in told["definitions"] if "work_pool" in one]
    return variables


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_server_takes_it_although_no_worker_of_its_kind_is_installed(kind, server, tmp_path):
    command = [sys.executable, "-m", "prefect", "--no-prompt", "work-pool", "create", f"pool-of-{kind}"]
    command += ["--type", kind, "--base-job-template", f"deployments/job_templates/{kind}.json"]
    environment = {**os.environ, "PREFECT_API_URL": server, "PREFECT_HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with get_client(sync_client=True) as client:
        assert client.read_work_pool(f"pool-of-{kind}").base_job_template == template_of(kind)


@pytest.mark.slow
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("kind", KINDS)
def test_a_server_refuses_a_variable_that_is_not_defined(kind):
    template = template_of(kind)
    template["job_configuration"]["name"] = "{{ nobody_knows }}"
    with get_client(sync_client=True) as client, pytest.raises(PrefectHTTPStatusError) as caught:
        client.create_work_pool(WorkPoolCreate(name=f"wrong-{kind}", type=kind, base_job_template=template))
    assert "nobody_knows" in caught.value.response.text


@pytest.mark.parametrize("kind", KINDS)
def test_every_variable_is_used_and_explained(kind):
    template = template_of(kind)
    used = {one.name for one in find_placeholders(json.dumps(template["job_configuration"]))}
    defined = template["variables"]["properties"]
    assert used == set(defined)
    assert all(one["title"] and one["description"] for one in defined.values())


@pytest.mark.parametrize("kind", KINDS)
def test_what_our_deployments_tell_a_pool_is_allowed_and_reaches_the_container(kind):
    template = template_of(kind)
    told = {**variables_of_our_deployments(), "env": {"COIN_XAI_RUNS": "/data/runs"}}  # as after deploying
    jsonschema.validate(told, template["variables"])
    assert set(told) <= set(template["variables"]["properties"])
    defaults = {
        name: one["default"] for name, one in template["variables"]["properties"].items() if "default" in one
    }
    jsonschema.validate(defaults, template["variables"])
    filled = apply_values(template["job_configuration"], {**defaults, **told})
    assert filled["command"] == told["command"]
    assert filled["env"] == told["env"]
    assert "{{" not in json.dumps(filled)  # what is left empty is left out


def test_a_container_of_docker_is_not_root_and_may_gain_nothing():
    settings = template_of("docker")["variables"]["properties"]["container_create_kwargs"]["default"]
    assert settings["user"] == "1000:1000"
    assert settings["cap_drop"] == ["ALL"]


def test_a_pod_is_not_root_and_may_gain_nothing():
    pod = template_of("kubernetes")["job_configuration"]["job_manifest"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    (container,) = pod["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
